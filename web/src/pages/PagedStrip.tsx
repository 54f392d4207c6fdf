/** Many pictures, a page of them at a time: for campaigns and batches. N and P turn the page. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useShortcuts } from '../commands/shortcuts';
import { grouped } from '../lib/format';
import { Button } from '../ui/Button';
import styles from './PagedStrip.module.css';
import { SampleStrip, type StripItem } from './SampleStrip';

const kPage = 40;

interface TurnProps {
  page: number;
  count: number;
  onTurn: (page: number) => void;
}

function Turn({ page, count, onTurn }: TurnProps) {
  const pages = Math.ceil(count / kPage);
  const turn = (by: number) => () => onTurn(Math.min(pages - 1, Math.max(0, page + by)));
  useShortcuts([
    { keys: 'n', title: 'Next page of pictures', run: turn(1) },
    { keys: 'p', title: 'Page of pictures before', run: turn(-1) },
  ]);
  return (
    <nav className={styles.turn} aria-label="Pages of pictures">
      <span>
        {grouped(page * kPage + 1)} to {grouped(Math.min(count, (page + 1) * kPage))} of {grouped(count)}
      </span>
      <Button icon={<ChevronLeft />} keys="P" disabled={page === 0} onClick={turn(-1)}>
        Before
      </Button>
      <Button icon={<ChevronRight />} keys="N" disabled={page + 1 >= pages} onClick={turn(1)}>
        Next
      </Button>
    </nav>
  );
}

export function PagedStrip({ items }: { items: StripItem[] }) {
  const [wanted, setWanted] = useState(0);
  const page = Math.min(wanted, Math.max(0, Math.ceil(items.length / kPage) - 1));
  const turned = (next: number) => {
    setWanted(next);
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      {items.length > kPage && <Turn page={page} count={items.length} onTurn={turned} />}
      <SampleStrip items={items.slice(page * kPage, (page + 1) * kPage)} />
    </>
  );
}
