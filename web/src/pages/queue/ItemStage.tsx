/** The picture of an item: the object with what is around it, or the whole picture. */
import { useMemo } from 'react';
import { useQuery } from '@tanstack/react-query';
import { mediaUrl, sampleQuery } from '../../api/samples';
import { Legend } from '../../draw/Legend';
import { Picture } from '../../draw/Picture';
import { useTask } from '../../draw/task';
import { type Item, marksOf, partOf } from './items';
import styles from './QueuePage.module.css';

const kTextsMax = 12;
const kKinds = ['label', 'prediction', 'finding', 'proposal'] as const;

export function ItemStage({ item, model, whole }: { item: Item; model: string; whole: boolean }) {
  const sample = useQuery({ ...sampleQuery(item.sample, { model }), placeholderData: undefined }).data;
  const marks = useMemo(() => marksOf(item, sample), [item, sample]);
  const task = useTask();
  const part = useMemo(() => (whole ? undefined : partOf(item)), [item, whole]);
  return (
    <div className={styles.left}>
      <div className={styles.stage}>
        {(task !== 'trajectory' || sample) && (
          <Picture
            key={item.id}
            src={mediaUrl({ key: item.sample, media: item.media })}
            size={item}
            marks={marks}
            part={part}
            track={sample?.track}
            alt={item.sample}
            width={2}
            texts={marks.filter((m) => !m.quiet).length <= kTextsMax}
          />
        )}
      </div>
      <Legend kinds={kKinds.filter((kind) => task === 'trajectory' || marks.some((m) => m.kind === kind))} />
    </div>
  );
}
