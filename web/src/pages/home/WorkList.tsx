/** Jobs at work now, with how far they are. */
import { Link } from '@tanstack/react-router';
import { useJobProgress } from '../../api/events';
import { duration } from '../../lib/format';
import { jobWords } from '../../lib/words';
import { Card, Section } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import styles from './WorkList.module.css';

export function WorkList() {
  const jobs = useJobProgress();
  if (jobs.length === 0) return null;
  return (
    <Section title="At work now">
      <Card>
        <ul className={styles.list}>
          {jobs.map((job) => (
            <li key={job.name}>
              <div className={styles.line}>
                <Link to="/jobs/$job" params={{ job: job.name }}>
                  {jobWords(job.kind)}
                </Link>
                <span>{duration(job.seconds)}</span>
              </div>
              <Progress fraction={job.fraction} label={job.kind} />
              <p>{job.message === '' ? 'starting' : job.message}</p>
            </li>
          ))}
        </ul>
      </Card>
    </Section>
  );
}
