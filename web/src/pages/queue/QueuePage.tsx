/** The queue: one thing after the other that is worth a person's look, decided with one key each. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, CircleCheck, ZoomIn, ZoomOut } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Verdict } from '../../api/actions';
import type { Schemas } from '../../api/client';
import { queueQuery } from '../../api/queries';
import { mediaUrl, sampleQuery } from '../../api/samples';
import { useShortcuts } from '../../commands/shortcuts';
import { useTask } from '../../draw/task';
import { duration, grouped, minutes, plural } from '../../lib/format';
import { errorWords } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import { Empty, Loaded } from '../../ui/States';
import { ChannelTable } from './ChannelTable';
import { ItemPanel, kVerdicts } from './ItemPanel';
import { ItemStage } from './ItemStage';
import { type Item, nextOpen } from './items';
import styles from './QueuePage.module.css';
import { useDecisions } from './useDecisions';

type Queue = Schemas['Queue'];

const kAhead = 3;

/** Pictures and boxes of the next items are there before they are asked for. */
function usePrefetch(items: Item[], at: number, model: string) {
  const queries = useQueryClient();
  const pictures = useTask() !== 'trajectory';
  useEffect(() => {
    for (const item of items.slice(at + 1, at + 1 + kAhead)) {
      if (pictures) new Image().src = mediaUrl({ key: item.sample, media: item.media });
      void queries.query(sampleQuery(item.sample, { model })).catch(() => undefined);
    }
  }, [items, at, model, queries, pictures]);
}

interface SittingProps {
  queue: Queue;
  onMore: () => void;
}

function Through({ queue, judged, onMore }: { queue: Queue; judged: number; onMore: () => void }) {
  const left = Math.max(0, queue.total - judged);
  return (
    <Empty
      icon={CircleCheck}
      title={left > 0 ? 'You are through these' : 'Nothing is left to look at'}
      action={
        left > 0 && (
          <Button look="primary" onClick={onMore} keys="↵">
            Show the next
          </Button>
        )
      }
    >
      {left > 0
        ? `${plural(left, 'thing')} still wait. What you decided has put them in a better order.`
        : 'New ones come with the next check.'}
    </Empty>
  );
}

function Sitting({ queue, onMore }: SittingProps) {
  const { items, model } = queue;
  const [at, setAt] = useState(0);
  const [whole, setWhole] = useState(false);
  const task = useTask();
  const since = useRef(0);
  const decisions = useDecisions();
  const open = items.filter((i) => decisions.of(i.id) === undefined).length;
  const item = items[at];
  usePrefetch(items, at, model);
  useEffect(() => {
    since.current = Date.now();
  }, [at]);
  const go = (by: 1 | -1) => () => setAt(Math.min(items.length - 1, Math.max(0, at + by)));
  const decide = (verdict: Verdict, accept: boolean) => {
    if (!item || decisions.of(item.id) || (accept && !item.proposal)) return;
    decisions.decide(item, verdict, accept, since.current);
    const isDecided = (i: number) => i === at || decisions.of(items[i]?.id ?? '') !== undefined;
    const next = nextOpen(items.length, at, 1, isDecided);
    setAt(next === at ? nextOpen(items.length, at, -1, isDecided) : next);
  };
  const undo = () => {
    const here = item && decisions.of(item.id) ? item.id : decisions.decided.at(-1)?.item;
    if (here === undefined) return;
    decisions.undo(here);
    setAt(items.findIndex((i) => i.id === here));
  };
  const enter = () => {
    if (open === 0) onMore();
    else decide('label_error', true);
  };
  useShortcuts([
    ...kVerdicts.map(({ verdict, title }, i) => ({
      keys: String(i + 1),
      title,
      run: () => decide(verdict, false),
    })),
    { keys: 'Enter', title: 'Accept the proposed change', run: enter },
    { keys: 'u', title: 'Take this or the last decision back', run: undo },
    { keys: 'n', title: 'Next', run: go(1) },
    { keys: 'p', title: 'Before', run: go(-1) },
    { keys: 'ArrowRight', title: 'Next', run: go(1) },
    { keys: 'ArrowLeft', title: 'Before', run: go(-1) },
    { keys: 'z', title: 'Whole picture or close up', run: () => setWhole(!whole) },
  ]);
  const judged = decisions.decided.length;
  if (!item || open === 0) {
    return (
      <>
        <Bar queue={queue} judged={judged} seconds={decisions.seconds} />
        <Through queue={queue} judged={judged} onMore={onMore} />
        <ChannelTable />
      </>
    );
  }
  return (
    <>
      <Bar queue={queue} judged={judged} seconds={decisions.seconds}>
        <span>
          {grouped(at + 1)} of {grouped(items.length)}
        </span>
        <Button look="bare" aria-label="Before" keys="P" icon={<ChevronLeft />} onClick={go(-1)} />
        <Button look="bare" aria-label="Next" keys="N" icon={<ChevronRight />} onClick={go(1)} />
        {task === 'detection' && (
          <Button
            look="bare"
            keys="Z"
            icon={whole ? <ZoomIn aria-hidden="true" /> : <ZoomOut aria-hidden="true" />}
            onClick={() => setWhole(!whole)}
          >
            {whole ? 'Close up' : 'Whole picture'}
          </Button>
        )}
      </Bar>
      <div className={styles.body}>
        <ItemStage item={item} model={model} whole={whole} />
        <ItemPanel item={item} decided={decisions.of(item.id)} onDecide={decide} onUndo={undo} />
      </div>
    </>
  );
}

interface BarProps {
  queue: Queue;
  judged: number;
  seconds: number;
  children?: React.ReactNode;
}

function Bar({ queue, judged, seconds, children }: BarProps) {
  const count = queue.items.length;
  const left = Math.max(0, queue.total - judged);
  return (
    <div className={styles.bar}>
      <div className={styles.progress}>
        <Progress fraction={count > 0 ? judged / count : 1} label="Of these" />
        <span>
          {plural(judged, 'decision')} in {minutes(seconds / 60)} min ·{' '}
          {left === 0
            ? 'nothing waits'
            : `${grouped(left)} wait, about ${duration(Math.ceil((left * queue.seconds_per_item) / 60) * 60)}`}
        </span>
      </div>
      <div className={styles.moves}>{children}</div>
    </div>
  );
}

/** What the queue is narrowed to, and the way back. */
function Only({ only }: { only: { mode?: string; error?: string; class?: string } }) {
  if (only.mode !== undefined) return <Link to="/modes">Only one failure mode</Link>;
  const words = [only.error === undefined ? '' : errorWords(only.error), only.class ?? ''].filter(Boolean);
  return words.length > 0 && <Link to="/modes">Only: {words.join(' · ')}</Link>;
}

export function QueuePage() {
  const only = useSearch({ from: '/queue' });
  const query = useQuery(queueQuery(only));
  const more = () => void query.refetch();
  const narrowed = Object.values(only).some((word) => word !== undefined && word !== '');
  return (
    <Page
      title="Queue"
      lead="What is most worth a person's look, one after the other. Say what you see; no machine learning needed. Press ? for the keys."
      above={<Only only={only} />}
    >
      <Loaded query={query} lines={8}>
        {(queue) =>
          queue.items.length === 0 ? (
            <>
              <Empty
                icon={CircleCheck}
                title={narrowed ? 'Nothing of that kind waits for a look' : 'Nothing waits for a look'}
                command="spotter check run"
              >
                Checks look for what the model or the labels got wrong. What they find comes here, the
                likeliest first.
              </Empty>
              <ChannelTable />
            </>
          ) : (
            <Sitting key={query.dataUpdatedAt} queue={queue} onMore={more} />
          )
        }
      </Loaded>
    </Page>
  );
}
