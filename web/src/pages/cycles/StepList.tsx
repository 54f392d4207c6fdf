/** The steps of a cycle in order: what happened, how long it took, and why. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { Check, CircleDashed, CircleX, Hourglass, LoaderCircle, Minus } from 'lucide-react';
import { useJobProgress } from '../../api/events';
import type { Cycle, Step } from '../../api/queries';
import { duration, minutes } from '../../lib/format';
import { stepWords } from '../../lib/words';
import { Progress } from '../../ui/Progress';
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
            {job.kind} · {job.message === '' ? job.state : job.message}
          </span>
          <Progress fraction={job.fraction} label={`${job.kind} job`} />
        </div>
      ))}
    </div>
  );
}

function StepRow({ cycle, step }: { cycle: string; step: Step }) {
  const words = stepWords(step.name);
  const Icon = kIcons[step.state];
  const links = stepLinks(step);
  const reason = ['failed', 'pending'].includes(step.state) ? '' : step.reason;
  return (
    <li className={clsx(styles.step, styles[step.state])} data-step={step.name} data-state={step.state}>
      <span className={styles.mark} title={step.state}>
        <Icon strokeWidth={2} aria-hidden="true" />
      </span>
      <div className={styles.body}>
        <div className={styles.line}>
          <strong>{words.title}</strong>
          <span className={styles.what}>{words.what}</span>
        </div>
        {step.state === 'failed' && <p className={styles.error}>{step.error}</p>}
        {step.state === 'running' && <Running cycle={cycle} step={step.name} />}
        {(links.length > 0 || reason !== '') && (
          <p className={styles.reason}>
            {links.map((link) => (
              <Link key={link.to} to={link.to} hash={link.hash}>
                {link.text}
              </Link>
            ))}
            {reason}
          </p>
        )}
      </div>
      <div className={styles.times}>
        {step.seconds > 0 && <span>{duration(step.seconds)}</span>}
        {step.human_minutes > 0 && <span>{minutes(step.human_minutes)} min of people</span>}
      </div>
    </li>
  );
}

export function StepList({ cycle }: { cycle: Cycle }) {
  return (
    <ol className={styles.list}>
      {cycle.steps.map((step) => (
        <StepRow key={step.name} cycle={cycle.id} step={step} />
      ))}
    </ol>
  );
}
