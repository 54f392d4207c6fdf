/** What the picture is: every class with the model's chance for it; one key says which it really is. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import clsx from 'clsx';
import { useEffect, useRef } from 'react';
import { setClass } from '../../api/actions';
import { projectQuery } from '../../api/queries';
import type { SampleDetail } from '../../api/samples';
import { useShortcuts } from '../../commands/shortcuts';
import { classKeys } from '../../lib/classKeys';
import { percent } from '../../lib/format';
import { toast } from '../../ui/Toast';
import styles from './ClassPanel.module.css';

/** Longer than this nobody looked: the person went away. */
const kLookedMax = 120;

interface Wish {
  sample: string;
  name: string;
  /** When the person began to look, in ms. */
  since: number;
}

function useSetClass(onSet: ((name: string) => void) | undefined) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ sample, name, since }: Wish) =>
      setClass(sample, name, Math.min(kLookedMax, (Date.now() - since) / 1000)),
    onMutate: ({ name }) => onSet?.(name),
    onSuccess: ({ class: now, before }) => {
      if (before !== null && before !== now) toast(`The label is ${now} now; it was ${before}.`);
      for (const topic of ['samples', 'batches', 'attention', 'project'])
        void queries.invalidateQueries({ queryKey: [topic] });
    },
    onError: (error) => {
      toast(error.message, { bad: true });
    },
  });
}

interface ClassPanelProps {
  sample: SampleDetail;
  /** Called at once with the class that was said, before the server has answered. */
  onSet?: (name: string) => void;
}

export function ClassPanel({ sample, onSet }: ClassPanelProps) {
  const classes = useQuery(projectQuery).data?.classes ?? [];
  const keys = classKeys(classes);
  const since = useRef(0);
  useEffect(() => {
    since.current = Date.now();
  }, [sample.key]);
  const send = useSetClass(onSet);
  const say = (name: string) => {
    send.mutate({ sample: sample.key, name, since: since.current });
  };
  const label = sample.labels[0]?.class;
  const said = sample.predictions[0];
  useShortcuts([
    ...classes.flatMap((name, i) => {
      const key = keys[i];
      return key === undefined ? [] : [{ keys: key, title: `It is “${name}”`, run: () => say(name) }];
    }),
    {
      keys: 'Enter',
      title: 'It is what the model says',
      run: () => {
        if (said) say(said.class);
      },
    },
  ]);
  return (
    <section className={styles.panel}>
      <h2>What is it?</h2>
      <ul>
        {classes.map((name, i) => {
          const chance = said?.probabilities[i];
          return (
            <li key={name}>
              <button
                type="button"
                className={clsx(name === label && styles.label)}
                onClick={() => say(name)}
                aria-pressed={name === label}
              >
                {keys[i] !== undefined && <kbd>{keys[i]}</kbd>}
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
              </button>
            </li>
          );
        })}
      </ul>
      <p className={styles.hint}>
        {said
          ? 'The bars say how sure the model is. Press the key of what it really is'
          : 'Press the key of what it is'}
        {said ? ', or Enter if the model is right.' : '.'}
      </p>
    </section>
  );
}
