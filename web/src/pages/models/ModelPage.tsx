/** One model: how good it is and where, what it came from, where it is at work, who decided. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Gauge } from 'lucide-react';
import { useState } from 'react';
import {
  type Evaluation,
  type Model,
  deploymentsQuery,
  evaluationsQuery,
  gatesQuery,
  modelsQuery,
} from '../../api/queries';
import { duration, grouped, moment, score } from '../../lib/format';
import { classFigures, modelKindWords, verdictWords } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Choice } from '../../ui/Choice';
import { Card, Facts, Page, Section } from '../../ui/Page';
import { Empty, Failure, Loaded } from '../../ui/States';
import { Table } from '../../ui/Table';
import { SliceTable } from './SliceTable';
import styles from './ModelPage.module.css';

function Classes({ evaluation }: { evaluation: Evaluation }) {
  const rows = Object.entries(evaluation.classes);
  return (
    <Table
      caption="Score by class"
      rows={rows}
      rowKey={([name]) => name}
      columns={[
        { key: 'class', title: 'Class', grow: true, cell: ([name]) => name },
        { key: 'truths', title: 'Objects', number: true, cell: ([, f]) => grouped(f.truths ?? 0) },
        ...classFigures(evaluation.task).map((figure) => ({
          key: figure.key,
          title: figure.title,
          number: true,
          cell: ([, f]: [string, Record<string, number>]) => score(f[figure.key]),
        })),
      ]}
    />
  );
}

function Figures({ evaluations }: { evaluations: Evaluation[] }) {
  const [id, setId] = useState('');
  const evaluation = evaluations.find((e) => e.id === id) ?? evaluations[0];
  if (!evaluation) {
    return (
      <Empty icon={Gauge} title="Not measured yet" command="spotter evaluate --model …">
        A cycle measures every new model. By hand, one command does it.
      </Empty>
    );
  }
  return (
    <>
      <Section
        title="Score by part of the data"
        note={
          evaluations.length > 1 ? (
            <Choice
              label="On"
              value={evaluation.id}
              options={evaluations.map((e) => ({ value: e.id, label: `${e.version} ${e.split}` }))}
              onChange={setId}
            />
          ) : (
            `on ${evaluation.version}, ${evaluation.split} pictures`
          )
        }
      >
        <SliceTable evaluation={evaluation} />
      </Section>
      <Section title="Score by class">
        <Classes evaluation={evaluation} />
      </Section>
    </>
  );
}

function About({ model, models }: { model: Model; models: Model[] }) {
  const parent = models.find((m) => m.id === model.parent);
  return (
    <Card>
      <Facts
        items={[
          { name: 'Made', value: moment(model.created_at) },
          { name: 'How', value: modelKindWords(model.kind) },
          {
            name: 'From data',
            value: model.dataset_version === '' ? '–' : <Link to="/versions">{model.dataset_version}</Link>,
          },
          {
            name: 'Started from',
            value: parent ? (
              <Link to="/models/$model" params={{ model: parent.id }}>
                {parent.name}
              </Link>
            ) : (
              'nothing'
            ),
          },
          { name: 'Machine time', value: model.cpu_seconds > 0 ? duration(model.cpu_seconds) : '–' },
          { name: 'Id', value: <code>{model.id}</code> },
        ]}
      />
    </Card>
  );
}

function Decisions({ model }: { model: string }) {
  const gates = useQuery(gatesQuery).data?.reports ?? [];
  const deployments = useQuery(deploymentsQuery).data?.deployments ?? [];
  const about = gates.filter((g) => g.challenger.id === model || g.champion?.id === model);
  const moves = deployments.filter((d) => d.model === model);
  if (about.length + moves.length === 0) return null;
  return (
    <Section title="Decisions">
      <ul className={styles.decisions}>
        {about.map((g) => (
          <li key={g.id}>
            <Link to="/gates/$gate" params={{ gate: g.id }}>
              {g.challenger.id === model ? 'Wanted to ship' : 'Was challenged'}
            </Link>
            <Badge tone={verdictWords(g.verdict).tone}>{verdictWords(g.verdict).text}</Badge>
            <time>{moment(g.created_at)}</time>
          </li>
        ))}
        {moves.map((d) => (
          <li key={d.id}>
            <span>
              {d.action === 'rollback' ? 'Brought back to' : 'Shipped to'} {d.target}
            </span>
            <time>{moment(d.created_at)}</time>
            <em>
              {d.author}: {d.reason}
            </em>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function ModelPage() {
  const { model: id } = useParams({ from: '/models/$model' });
  const query = useQuery(modelsQuery);
  const evaluations = useQuery(evaluationsQuery);
  const models = query.data?.models ?? [];
  const model = models.find((m) => m.id === id || m.name === id);
  return (
    <Page
      title={model ? `Model ${model.name}` : 'Model'}
      above={
        <>
          <Link to="/models">Models</Link>
          {model?.targets.map((t) => (
            <Badge key={t} tone="good">
              at work: {t}
            </Badge>
          ))}
        </>
      }
    >
      <Loaded query={query}>
        {() =>
          model ? (
            <div className={styles.columns}>
              <div>
                <Loaded query={evaluations}>
                  {(data) => <Figures evaluations={data.evaluations.filter((e) => e.model === model.id)} />}
                </Loaded>
              </div>
              <aside>
                <Section title="About">
                  <About model={model} models={models} />
                </Section>
                <Decisions model={model.id} />
              </aside>
            </div>
          ) : (
            <Failure error={new Error(`There is no model "${id}".`)} />
          )
        }
      </Loaded>
    </Page>
  );
}
