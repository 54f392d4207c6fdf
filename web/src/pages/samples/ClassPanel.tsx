/** What the picture is: every class with the model's chance for it; the label's is marked. */
import { useQuery } from '@tanstack/react-query';
import clsx from 'clsx';
import { projectQuery } from '../../api/queries';
import type { SampleDetail } from '../../api/samples';
import { percent } from '../../lib/format';
import styles from './ClassPanel.module.css';

export function ClassPanel({ sample }: { sample: SampleDetail }) {
  const classes = useQuery(projectQuery).data?.classes ?? [];
  const label = sample.labels[0]?.class;
  const said = sample.predictions[0];
  return (
    <section className={styles.panel}>
      <h2>What it is</h2>
      <ul>
        {classes.map((name, i) => {
          const chance = said?.probabilities[i];
          return (
            <li key={name} className={clsx(name === label && styles.label)}>
              <span className={styles.name}>{name}</span>
              {name === label && <em>Label</em>}
              {chance !== undefined && (
                <>
                  <i aria-hidden="true">
                    <b style={{ width: `${chance * 100}%` }} />
                  </i>
                  <span className={styles.chance}>{percent(chance)}</span>
                </>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
