/** One comparison: the verdict in words, a decision to take, the table, the pictures. Two minutes of a person. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { evaluationsQuery, gateQuery } from '../../api/queries';
import { useShortcuts } from '../../commands/shortcuts';
import { duration, moment, money, plural } from '../../lib/format';
import { verdictWords } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Button, buttonClass } from '../../ui/Button';
import { Page, Section } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { useSliceName } from '../slices';
import { DecisionPanel } from './DecisionPanel';
import { GateTable } from './GateTable';
import { PairList } from './PairList';
import styles from './GatePage.module.css';
import { reasonWords } from './words';

type Report = Schemas['GateReport'];

function headline(report: Report): string {
  if (report.first_model) return 'The first model: there is nothing to compare it with yet.';
  const words: Record<Report['verdict'], string> = {
    pass: report.slices.some((s) => s.must === 'win')
      ? 'Better where it should be, and nowhere worse.'
      : 'Nowhere worse; nothing had to get better.',
    fail: 'Worse where it must not be.',
    inconclusive: 'Too few pictures to be sure.',
    hold: 'Something looks too good to be true.',
  };
  return words[report.verdict];
}

const kCounted: [Report['verdict'], string][] = [
  ['fail', 'failed'],
  ['hold', 'look too good'],
  ['inconclusive', 'undecided'],
  ['pass', 'passed'],
];

function parts(report: Report): string {
  const watched = report.slices.filter((s) => s.blocking || s.must === 'win');
  return kCounted
    .map(([verdict, words]) => ({ words, count: watched.filter((s) => s.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ words, count }) => `${count} ${words}`)
    .join(', ');
}

function cost(report: Report): string {
  const { machine_seconds: seconds, money: spent, currency } = report.cost;
  if (typeof seconds !== 'number') return '–';
  const amount = typeof spent === 'number' && typeof currency === 'string' ? money(spent, currency) : '';
  return `${duration(seconds)} of machines${amount === '' ? '' : `, ${amount}`}`;
}

function Verdict({ report }: { report: Report }) {
  const sliceName = useSliceName();
  const facts = [
    { name: 'Parts of the data', value: parts(report) },
    {
      name: 'Compared on',
      value: `${plural(report.samples, 'test picture')} of ${plural(report.scenes, 'scene')}, ${report.version}`,
    },
    { name: 'Training took', value: cost(report) },
  ];
  return (
    <div className={styles.verdict} data-verdict={report.verdict}>
      <Badge tone={verdictWords(report.verdict).tone}>{verdictWords(report.verdict).text}</Badge>
      <p className={styles.headline}>{headline(report)}</p>
      {report.reasons.length > 0 && (
        <ul className={styles.reasons}>
          {report.reasons.map((reason) => (
            <li key={reason}>{reasonWords(reason, sliceName)}</li>
          ))}
        </ul>
      )}
      <dl className={styles.facts}>
        {facts.map((fact) => (
          <div key={fact.name}>
            <dt>{fact.name}</dt>
            <dd>{fact.value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Pairs({ report }: { report: Report }) {
  const [whole, setWhole] = useState(false);
  const toggle = () => setWhole((w) => !w);
  useShortcuts([{ keys: 'z', title: 'Whole pictures, or what changed in them', run: toggle }]);
  if (report.regressions.length + report.fixes.length === 0) return null;
  const zoom = (
    <Button onClick={toggle} aria-pressed={whole} keys="Z">
      {whole ? 'Only what changed' : 'Whole pictures'}
    </Button>
  );
  return (
    <>
      <PairList
        title="Worst losses"
        note="Found before, not any more; or false only now."
        pairs={report.regressions}
        report={report}
        whole={whole}
        zoom={zoom}
      />
      <PairList
        title="Best gains"
        note="Not found before, found now; or false only before."
        pairs={report.fixes}
        report={report}
        whole={whole}
        zoom={zoom}
      />
    </>
  );
}

function Body({ report }: { report: Report }) {
  const evaluations = useQuery(evaluationsQuery).data?.evaluations ?? [];
  const measured = (model: string | undefined) =>
    evaluations.find((e) => e.model === model && e.version === report.version && e.split === 'test');
  return (
    <>
      <div className={styles.top}>
        <Verdict report={report} />
        <DecisionPanel key={report.id} report={report} />
      </div>
      <Section title="Part by part" note={`${report.scale}; each leads to its pictures`}>
        <GateTable
          report={report}
          before={measured(report.champion?.id)}
          after={measured(report.challenger.id)}
        />
      </Section>
      <Pairs report={report} />
    </>
  );
}

export function GatePage() {
  const { gate } = useParams({ from: '/gates/$gate' });
  const query = useQuery(gateQuery(gate));
  const report = query.data;
  return (
    <Page
      title={
        report
          ? `${report.challenger.name} ${report.champion ? `against ${report.champion.name}` : 'alone'}`
          : 'Gate report'
      }
      above={<Link to="/gates">Gate reports</Link>}
      actions={
        report &&
        report.html !== '' && (
          <a
            href={`/api/v1/gates/${report.id}/page`}
            target="_blank"
            rel="noreferrer"
            className={buttonClass()}
          >
            <ExternalLink aria-hidden="true" /> As one page
          </a>
        )
      }
      lead={
        report && (
          <>
            New:{' '}
            <Link to="/models/$model" params={{ model: report.challenger.id }}>
              {report.challenger.name}
            </Link>
            {report.champion && (
              <>
                . At work:{' '}
                <Link to="/models/$model" params={{ model: report.champion.id }}>
                  {report.champion.name}
                </Link>
              </>
            )}
            . Compared {moment(report.created_at)}.
          </>
        )
      }
    >
      <Loaded query={query} lines={8}>
        {(data) => <Body report={data} />}
      </Loaded>
    </Page>
  );
}
