/** A grid of very many samples: only what is on the screen exists, pages are asked for as they come into view. */
import { useQueries, useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Images } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Looking, type Sample, kPageSize, samplesPageQuery } from '../api/samples';
import type { Shown } from '../draw/marks';
import { Empty, Failure } from '../ui/States';
import { columnsOf, pagesOf, tileAspect } from './layout';
import { SampleTile } from './SampleTile';
import styles from './SampleGrid.module.css';

interface SampleGridProps {
  looking: Looking;
  shown: Shown;
  tileWidth: number;
  chosen: number;
  onColumns: (columns: number) => void;
  /** What is said when nothing is there. */
  empty: { title: string; text: string; command?: string };
}

const kGap = 12;
const kCaption = 26;

function useWidth(ref: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver((entries) => setWidth(entries[0]?.contentRect.width ?? 0));
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [ref]);
  return width;
}

/** The samples at the given pages, by position in the list. */
function usePages(looking: Looking, pages: number[]): Map<number, Sample> {
  const answers = useQueries({ queries: pages.map((page) => samplesPageQuery(looking, page)) });
  const samples = new Map<number, Sample>();
  answers.forEach((answer) => {
    const page = answer.data;
    page?.samples.forEach((sample, i) => samples.set(page.offset + i, sample));
  });
  return samples;
}

interface RowsProps extends SampleGridProps {
  scroller: React.RefObject<HTMLDivElement | null>;
  width: number;
  total: number;
  aspect: number;
}

function Rows({ looking, shown, tileWidth, chosen, onColumns, scroller, width, total, aspect }: RowsProps) {
  const columns = columnsOf(width, tileWidth, kGap);
  const tile = (width - kGap * (columns - 1)) / columns;
  const height = Math.round(tile / aspect) + kCaption;
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer is meant to change while it scrolls
  const virtual = useVirtualizer({
    count: Math.ceil(total / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => height + kGap,
    overscan: 3,
  });
  const rows = virtual.getVirtualItems();
  const pages = pagesOf(
    (rows[0]?.index ?? 0) * columns,
    ((rows.at(-1)?.index ?? 0) + 1) * columns,
    total,
    kPageSize,
  );
  const samples = usePages(looking, pages);
  useEffect(() => {
    virtual.measure();
  }, [height, columns, virtual]);
  useEffect(() => onColumns(columns), [columns, onColumns]);
  useEffect(() => {
    if (chosen >= 0) virtual.scrollToIndex(Math.floor(chosen / columns), { align: 'auto' });
  }, [chosen, columns, virtual]);
  return (
    <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
      {rows.map((row) => (
        <div
          key={row.key}
          className={styles.row}
          style={{
            height,
            transform: `translateY(${row.start}px)`,
            gridTemplateColumns: `repeat(${columns}, 1fr)`,
          }}
        >
          {Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, i) => {
            const at = row.index * columns + i;
            return (
              <SampleTile
                key={at}
                at={at}
                sample={samples.get(at)}
                looking={looking}
                shown={shown}
                side={tile > 330 ? 640 : 320}
                chosen={at === chosen}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

function Waiting() {
  return (
    <div className={styles.waiting} aria-busy="true" aria-label="Loading">
      {Array.from({ length: 18 }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

export function SampleGrid(props: SampleGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const first = useQuery(samplesPageQuery(props.looking, 0));
  const aspect = useMemo(() => tileAspect(first.data?.samples ?? []), [first.data]);
  const key = JSON.stringify(props.looking);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [key]);
  const content = () => {
    if (first.error) return <Failure error={first.error} retry={() => void first.refetch()} />;
    if (!first.data) return <Waiting />;
    const { total } = first.data;
    if (total === 0) {
      return (
        <Empty icon={Images} title={props.empty.title} command={props.empty.command}>
          {props.empty.text}
        </Empty>
      );
    }
    return width > 0 && <Rows {...props} scroller={scroller} width={width} total={total} aspect={aspect} />;
  };
  return (
    <div ref={scroller} className={styles.scroller} data-testid="grid">
      {content()}
    </div>
  );
}
