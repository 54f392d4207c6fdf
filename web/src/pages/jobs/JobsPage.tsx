/** Long work: what runs now, what ran, what failed. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Hammer } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { jobsQuery } from '../../api/queries';
import { duration } from '../../lib/format';
import { jobWords, stepWords } from '../../lib/words';
import { Ago } from '../../ui/Ago';
import { StateBadge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';

/** The word, and how far it is while it works. */
function State({ job }: { job: Schemas['Job'] }) {
  return (
    <span style={{ display: 'grid', gap: 6, width: 'max-content', minWidth: 88 }}>
      <span>
        <StateBadge state={job.state} />
      </span>
      {job.state === 'running' && <Progress fraction={job.fraction} label={jobWords(job.kind)} />}
    </span>
  );
}

/** The step of a cycle that started it. */
function For({ job }: { job: Schemas['Job'] }) {
  if (job.step === '') return <>–</>;
  const title = stepWords(job.step).title;
  return job.cycle === '' ? (
    <>{title}</>
  ) : (
    <Link to="/cycles/$cycle" params={{ cycle: job.cycle }}>
      {title}
    </Link>
  );
}

const kColumns: Column<Schemas['Job']>[] = [
  {
    key: 'kind',
    title: 'Job',
    cell: (j) => (
      <Link to="/jobs/$job" params={{ job: j.name }} style={{ whiteSpace: 'nowrap' }}>
        {jobWords(j.kind)}
      </Link>
    ),
  },
  { key: 'state', title: 'State', cell: (j) => <State job={j} /> },
  {
    key: 'message',
    title: 'Says',
    grow: true,
    quiet: true,
    cell: (j) => (j.state === 'done' ? '' : j.message),
  },
  { key: 'step', title: 'For', quiet: true, cell: (j) => <For job={j} /> },
  {
    key: 'executor',
    title: 'On',
    quiet: true,
    cell: (j) => (
      <span style={{ whiteSpace: 'nowrap' }}>{j.executor === 'local' ? 'this machine' : j.executor}</span>
    ),
  },
  { key: 'seconds', title: 'Took', number: true, cell: (j) => duration(j.seconds) },
  { key: 'at', title: 'Started', quiet: true, cell: (j) => <Ago at={j.created_at} /> },
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
            <Empty icon={Hammer} title="No job has run yet">
              Training and letting a model look at pictures are jobs; cycles start them.
            </Empty>
          ) : (
            <Table caption="Jobs" columns={kColumns} rows={jobs} rowKey={(j) => j.name} />
          )
        }
      </Loaded>
    </Page>
  );
}
