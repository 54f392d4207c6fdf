/** Every comparison of a new model with the one at work. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Scale } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { gatesQuery } from '../../api/queries';
import { plural } from '../../lib/format';
import { verdictWords } from '../../lib/words';
import { Ago } from '../../ui/Ago';
import { Badge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { useSliceName } from '../slices';
import { reasonWords } from './words';

type Report = Schemas['GateSummary'];

function Decision({ report }: { report: Report }) {
  if (!report.decision) return report.verdict === 'fail' ? <>–</> : <Badge tone="warn">Waits for you</Badge>;
  const { decision, author } = report.decision;
  return (
    <span style={{ display: 'grid' }}>
      {decision === 'ship' ? 'Ships' : 'Held'}
      <small style={{ color: 'var(--text-faint)' }}>{author}</small>
    </span>
  );
}

function Why({ report }: { report: Report }) {
  const sliceName = useSliceName();
  const [reason, ...more] = report.reasons;
  if (reason === undefined) return <>{report.first_model ? 'The first model' : 'Nowhere worse'}</>;
  return (
    <>
      {reasonWords(reason, sliceName)}
      {more.length > 0 && `, and ${plural(more.length, 'reason')} more`}
    </>
  );
}

const kColumns: Column<Report>[] = [
  {
    key: 'report',
    title: 'Comparison',
    cell: (r) => (
      <Link to="/gates/$gate" params={{ gate: r.id }} style={{ whiteSpace: 'nowrap' }}>
        {r.challenger.name} {r.champion ? `against ${r.champion.name}` : 'alone'}
      </Link>
    ),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    cell: (r) => <Badge tone={verdictWords(r.verdict).tone}>{verdictWords(r.verdict).text}</Badge>,
  },
  { key: 'decision', title: 'Decision', cell: (r) => <Decision report={r} /> },
  { key: 'reason', title: 'Why', cell: (r) => <Why report={r} />, quiet: true, grow: true },
  { key: 'version', title: 'On', cell: (r) => r.version, quiet: true },
  { key: 'at', title: 'Made', cell: (r) => <Ago at={r.created_at} />, quiet: true },
];

export function GatesPage() {
  const query = useQuery(gatesQuery);
  return (
    <Page
      title="Gate reports"
      lead="A new model ships only when it is better where it should be, and nowhere worse."
    >
      <Loaded query={query}>
        {({ reports }) =>
          reports.length === 0 ? (
            <Empty icon={Scale} title="No model wanted to ship yet" command="spotter gate --challenger …">
              A cycle compares every new model with the one at work.
            </Empty>
          ) : (
            <Table caption="Gate reports" columns={kColumns} rows={reports} rowKey={(r) => r.id} />
          )
        }
      </Loaded>
    </Page>
  );
}
