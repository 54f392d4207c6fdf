/** Long work: what runs now, what ran, what failed. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Hammer } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { jobsQuery } from '../../api/queries';
import { ago, duration } from '../../lib/format';
import { StateBadge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';

const kColumns: Column<Schemas['Job']>[] = [
  {
    key: 'kind',
    title: 'Job',
    cell: (j) => (
      <Link to="/jobs/$job" params={{ job: j.name }}>
        {j.kind}
      </Link>
    ),
  },
  { key: 'state', title: 'State', cell: (j) => <StateBadge state={j.state} /> },
  {
    key: 'fraction',
    title: 'Done',
    cell: (j) => (
      <span style={{ display: 'block', width: 96 }}>
        <Progress fraction={j.state === 'done' ? 1 : j.fraction} label={j.kind} />
      </span>
    ),
  },
  { key: 'message', title: 'Says', grow: true, quiet: true, cell: (j) => j.message },
  {
    key: 'executor',
    title: 'On',
    quiet: true,
    cell: (j) => (j.executor === 'local' ? 'this machine' : j.executor),
  },
  { key: 'seconds', title: 'Took', number: true, cell: (j) => duration(j.seconds) },
  { key: 'at', title: 'Started', quiet: true, cell: (j) => ago(j.created_at) },
];

export function JobsPage() {
  const query = useQuery(jobsQuery);
  return (
    <Page
      title="Jobs"
      lead="Training and other long work. It goes on when this page, or the server, is closed."
    >
      <Loaded query={query}>
        {({ jobs }) =>
          jobs.length === 0 ? (
            <Empty icon={Hammer} title="No job has run yet" />
          ) : (
            <Table caption="Jobs" columns={kColumns} rows={jobs} rowKey={(j) => j.name} />
          )
        }
      </Loaded>
    </Page>
  );
}
