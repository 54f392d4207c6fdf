/** Labelling where a picture has one class: one picture after the other, one key each. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Schemas } from '../../api/client';
import { projectQuery } from '../../api/queries';
import { mediaUrl, sampleQuery } from '../../api/samples';
import { useShortcuts } from '../../commands/shortcuts';
import { Picture } from '../../draw/Picture';
import { plural } from '../../lib/format';
import { Button } from '../../ui/Button';
import { Section } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { ClassPanel } from '../samples/ClassPanel';
import styles from './ClassSitting.module.css';

type Batch = Schemas['BatchDetail'];

export function ClassSitting({ batch }: { batch: Batch }) {
  const model = useQuery(projectQuery).data?.champion?.id;
  // The pictures that were open when the sitting began, so that one can go back.
  const [keys] = useState(() => batch.samples.filter((s) => s.state === 'open').map((s) => s.key));
  const [at, setAt] = useState(0);
  const key = keys[Math.min(at, keys.length - 1)] ?? '';
  const query = useQuery({ ...sampleQuery(key, { model }), placeholderData: undefined });
  const next = useQuery({ ...sampleQuery(keys[at + 1] ?? key, { model }) }).data;
  useEffect(() => {
    if (next) new Image().src = mediaUrl(next);
  }, [next]);
  const go = (by: number) => () => setAt(Math.min(keys.length - 1, Math.max(0, at + by)));
  useShortcuts([
    { keys: 'ArrowRight', title: 'Next picture', run: go(1) },
    { keys: 'ArrowLeft', title: 'The picture before', run: go(-1) },
  ]);
  return (
    <Section title="Label here" note={`${at + 1} of ${plural(keys.length, 'picture')}`}>
      <div className={styles.body}>
        <div className={styles.stage}>
          {query.data && (
            <Picture key={key} src={mediaUrl(query.data)} size={query.data} marks={[]} alt={key} />
          )}
        </div>
        <div>
          <Loaded query={query}>{(sample) => <ClassPanel sample={sample} onSet={go(1)} />}</Loaded>
          <p className={styles.moves}>
            <Button keys="←" disabled={at === 0} onClick={go(-1)}>
              Before
            </Button>
            <Button keys="→" disabled={at + 1 >= keys.length} onClick={go(1)}>
              Leave open
            </Button>
          </p>
        </div>
      </div>
    </Section>
  );
}
