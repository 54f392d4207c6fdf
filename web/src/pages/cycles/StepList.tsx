/** The steps of a cycle in order: what happened, how long it took, and why. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { Check, CircleDashed, CircleX, Hourglass, LoaderCircle, Minus } from 'lucide-react';
import { useJobProgress } from '../../api/events';
import type { Cycle, Step } from '../../api/queries';
import { duration, minutes } from '../../lib/format';
import { jobWords, stateWords, stepWords } from '../../lib/words';
import { Progress } from '../../ui/Progress';
import { outcome } from './outcomes';
import { stepLinks } from './stepLinks';
import styles from './StepList.module.css';

const kIcons = {
  pending: CircleDashed,
  running: LoaderCircle,
  waiting: Hourglass,
  done: Check,
  failed: CircleX,
  skipped: Minus,
};

function Running({ cycle, step }: { cycle: string; step: string }) {
  const jobs = useJobProgress().filter((j) => j.cycle === cycle && (j.step === step || j.step === ''));
  return (
    <div className={styles.jobs}>
      {jobs.map((job) => (
        <div key={job.name}>
          <span>
            {jobWords(job.kind)} · {job.message === '' ? job.state : job.message}
          </span>
          <Progress fraction={job.fraction} label={`${job.kind} job`} />
        </div>
      ))}
    </div>
  );
}

const kIntoReason: Step['state'][] = ['running', 'failed', 'pending', 'waiting'];

/** Links to what the step made, and what came of it; why it ran is told when pointed at. */
function Outcome({ step }: { step: Step }) {
  const links = stepLinks(step);
  const came = outcome(step);
  const told = came === '' && !kIntoReason.includes(step.state) ? step.reason : came;
  if (links.length === 0 && told === '') return null;
  return (
    <p className={styles.reason} title={step.reason === told ? undefined : `Why: ${step.reason}`}>
      {links.map((link) => (
        <Link key={link.to} to={link.to} hash={link.hash}>
          {link.text}
        </Link>
      ))}
      {told}
    </p>
  );
}

/** What failed in one line, the lines of its log below, and where all of it is. */
function Fault({ error }: { error: string }) {
  const [first = '', ...more] = error.split('\n');
  const job = /job "([^"]+)"/.exec(first)?.[1];
  return (
    <>
      <p className={styles.error}>
        {first}{' '}
        {job !== undefined && (
          <Link to="/jobs/$job" params={{ job }}>
            Open the job
          </Link>
        )}
      </p>
      {more.length > 0 && <pre className={styles.more}>{more.join('\n')}</pre>}
    </>
  );
}

interface RowProps {
  cycle: Cycle;
  step: Step;
}

function StepRow({ cycle, step }: RowProps) {
  const words = stepWords(step.name);
  const interrupted = step.state === 'running' && cycle.interrupted;
  const state = interrupted ? 'failed' : step.state;
  const Icon = kIcons[state];
  return (
    <li className={clsx(styles.step, styles[state])} data-step={step.name} data-state={step.state} data-row>
      <span className={styles.mark} title={interrupted ? 'Interrupted' : stateWords(step.state).text}>
        <Icon strokeWidth={2} aria-hidden="true" />
      </span>
      <div className={styles.body}>
        <div className={styles.line}>
          <strong>{words.title}</strong>
          <span className={styles.what}>{words.what}</span>
        </div>
        {step.state === 'failed' && <Fault error={step.error} />}
        {interrupted && <p className={styles.error}>Interrupted: nobody works on it.</p>}
        {step.state === 'running' && !interrupted && <Running cycle={cycle.id} step={step.name} />}
        <Outcome step={step} />
      </div>
      <div className={styles.times}>
        {step.seconds >= 0.05 && <span>{duration(step.seconds)}</span>}
        {step.human_minutes > 0 && <span>{minutes(step.human_minutes)} min of people</span>}
      </div>
    </li>
  );
}

export function StepList({ cycle }: { cycle: Cycle }) {
  return (
    <ol className={styles.list}>
      {cycle.steps.map((step) => (
        <StepRow key={step.name} cycle={cycle} step={step} />
      ))}
    </ol>
  );
}
