/** Every model, newest first. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Boxes } from 'lucide-react';
import { type Evaluation, type Model, evaluationsQuery, modelsQuery } from '../../api/queries';
import { duration, score } from '../../lib/format';
import { metricWords, modelKindWords } from '../../lib/words';
import { Ago } from '../../ui/Ago';
import { Badge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { Term } from '../../ui/Tip';

function Names({ model }: { model: Model }) {
  return (
    <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}>
      <Link to="/models/$model" params={{ model: model.id }}>
        {model.name}
      </Link>
      {model.targets.map((target) => (
        <Badge key={target} tone="good">
          at work: {target}
        </Badge>
      ))}
      {model.aliases
        .filter((alias) => alias !== 'champion' || model.targets.length === 0)
        .map((alias) => (
          <Badge key={alias}>{alias}</Badge>
        ))}
    </span>
  );
}

/** The figure of the whole test data, as tables of parts and gate reports show it. */
function everything(evaluation: Evaluation): number | undefined {
  return evaluation.slices.find((s) => s.name === 'all')?.value;
}

function columns(newest: (model: string) => Evaluation | undefined, metric: string): Column<Model>[] {
  return [
    { key: 'name', title: 'Model', cell: (m) => <Names model={m} /> },
    { key: 'kind', title: 'Made how', cell: (m) => modelKindWords(m.kind), quiet: true },
    { key: 'version', title: 'From data', cell: (m) => m.dataset_version || '–', quiet: true },
    { key: 'at', title: 'Made', cell: (m) => <Ago at={m.created_at} />, quiet: true },
    {
      key: 'cpu',
      title: 'Machine time',
      number: true,
      cell: (m) => (m.cpu_seconds > 0 ? duration(m.cpu_seconds) : '–'),
    },
    {
      key: 'score',
      title: (
        <Term text={`${metricWords(metric).meaning} Measured on pictures that the model never learned from.`}>
          {metricWords(metric).title}
        </Term>
      ),
      number: true,
      cell: (m) => {
        const evaluation = newest(m.id);
        return evaluation ? (
          <Link to="/models/$model" params={{ model: m.id }}>
            {score(everything(evaluation))}
          </Link>
        ) : (
          '–'
        );
      },
    },
  ];
}

export function ModelsPage() {
  const query = useQuery(modelsQuery);
  const evaluations = useQuery(evaluationsQuery).data?.evaluations ?? [];
  const newest = (model: string) => evaluations.find((e) => e.model === model);
  return (
    <Page title="Models" lead="What was trained, from which data, and how good it is.">
      <Loaded query={query}>
        {({ models }) =>
          models.length === 0 ? (
            <Empty icon={Boxes} title="No model yet" command="spotter train">
              A cycle trains one, or train one by hand from a dataset version.
            </Empty>
          ) : (
            <Table caption="Models" columns={columns(newest, evaluations[0]?.metric ?? '')} rows={models} rowKey={(m) => m.id} />
          )
        }
      </Loaded>
    </Page>
  );
}
