/** One job with its log; it can be stopped. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Square } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { cancelJob } from '../../api/actions';
import type { Schemas } from '../../api/client';
import { type JobProgress, useJobProgress } from '../../api/events';
import { jobLogQuery, jobQuery } from '../../api/queries';
import { duration, moment } from '../../lib/format';
import { jobWords } from '../../lib/words';
import { StateBadge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Card, Facts, Page, Section } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import { Loaded } from '../../ui/States';
import { toast } from '../../ui/Toast';
import styles from './JobPage.module.css';

const kActive = ['queued', 'running'];

function Log({ name, active }: { name: string; active: boolean }) {
  const query = useQuery({ ...jobLogQuery(name), refetchInterval: active ? 2000 : false });
  const ref = useRef<HTMLPreElement>(null);
  useEffect(() => {
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, [query.data]);
  return (
    <Loaded query={query} lines={3}>
      {({ log }) => (
        <pre ref={ref} className={styles.log} tabIndex={0}>
          {log !== '' ? log : active ? 'Nothing was written yet.' : 'It wrote nothing.'}
        </pre>
      )}
    </Loaded>
  );
}

function About({ job, live }: { job: Schemas['JobDetail']; live: JobProgress | undefined }) {
  const now = live ?? job;
  const rows = [
    { name: 'Name', value: <code>{job.name}</code> },
    { name: 'Says', value: now.message === '' ? '–' : now.message },
    { name: 'Started', value: moment(job.created_at) },
    { name: 'Took', value: duration(now.seconds) },
  ];
  const cycle = (
    <Link to="/cycles/$cycle" params={{ cycle: job.cycle }}>
      its cycle
    </Link>
  );
  return (
    <Card>
      {kActive.includes(job.state) && <Progress fraction={now.fraction} label="Progress" />}
      <div className={styles.facts}>
        <Facts
          items={[
            ...rows,
            ...(job.failure === 'none' ? [] : [{ name: 'Failed because of', value: job.failure }]),
            ...(job.cycle === '' ? [] : [{ name: 'Part of', value: cycle }]),
          ]}
        />
      </div>
    </Card>
  );
}

export function JobPage() {
  const { job: name } = useParams({ from: '/jobs/$job' });
  const query = useQuery(jobQuery(name));
  const queries = useQueryClient();
  const live = useJobProgress().find((j) => j.name === name);
  const job = query.data;
  const active = job !== undefined && kActive.includes(job.state);
  const cancel = useMutation({
    mutationFn: () => cancelJob(name),
    onSuccess: () => {
      toast('Stopped.');
      void queries.invalidateQueries({ queryKey: ['jobs'] });
    },
    onError: (error) => {
      toast(error.message, { bad: true });
    },
  });
  return (
    <Page
      title={job ? jobWords(job.kind) : 'Job'}
      above={
        <>
          <Link to="/jobs">Jobs</Link>
          {job && <StateBadge state={job.state} />}
        </>
      }
      actions={
        active && (
          <Button look="danger" icon={<Square />} disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            Stop
          </Button>
        )
      }
    >
      <Loaded query={query}>
        {(data) => (
          <>
            <About job={data} live={live} />
            <Section title="Log" note="the end of it">
              <Log name={name} active={active} />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
