/** What an item claims and why, and the keys that decide about it. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { Check, Undo2 } from 'lucide-react';
import type { Verdict } from '../../api/actions';
import { percent, plural, sentence } from '../../lib/format';
import { checkWords } from '../../lib/words';
import { Button } from '../../ui/Button';
import { type Item, claimOf, proposalWords, rankWords } from './items';
import styles from './QueuePage.module.css';
import type { Decided } from './useDecisions';

export const kVerdicts: { verdict: Verdict; title: string; help: string }[] = [
  { verdict: 'model_error', title: 'The model is wrong', help: 'The picture and the label are fine.' },
  { verdict: 'label_error', title: 'The label is wrong', help: 'Or it is missing, or in the wrong place.' },
  { verdict: 'ambiguous', title: 'Cannot tell', help: 'Two people could see it differently.' },
  { verdict: 'ignore', title: 'Nothing is wrong', help: 'This check should not have asked.' },
];

function Why({ item }: { item: Item }) {
  const most = Math.max(0.1, ...item.channels.map((c) => c.log_odds));
  return (
    <div>
      <h3>Why it is here</h3>
      <ul className={styles.why}>
        {item.channels.map((c) => (
          <li key={`${c.check}/${c.error}`}>
            <span>{sentence(checkWords(c.check))}</span>
            <small>{rankWords(c.rank)}</small>
            <i aria-hidden="true">
              <b style={{ width: `${Math.max(4, Math.min(100, (100 * c.log_odds) / most))}%` }} />
            </i>
          </li>
        ))}
      </ul>
      <p className={styles.soft}>
        {percent(item.worth)} likely to be worth your look. If something is wrong, it is{' '}
        {item.verdict === 'ambiguous'
          ? 'as likely the model as the label.'
          : `probably the ${item.verdict === 'model_error' ? 'model' : 'label'}.`}
      </p>
    </div>
  );
}

interface ItemPanelProps {
  item: Item;
  decided: Decided | undefined;
  onDecide: (verdict: Verdict, accept: boolean) => void;
  onUndo: () => void;
}

export function ItemPanel({ item, decided, onDecide, onUndo }: ItemPanelProps) {
  return (
    <aside className={styles.panel}>
      <div>
        <h2 className={styles.claim}>{claimOf(item)}</h2>
        <p className={styles.soft}>
          <Link to="/samples/$sample" params={{ sample: item.sample }}>
            {item.sample}
          </Link>
          {item.samples.length > 1 && ` and ${plural(item.samples.length - 1, 'more picture')} of this scene`}
        </p>
      </div>
      {item.proposal && (
        <Button
          look="primary"
          className={styles.accept}
          icon={<Check aria-hidden="true" />}
          keys="↵"
          disabled={decided !== undefined}
          onClick={() => onDecide('label_error', true)}
        >
          {proposalWords(item.proposal)}
        </Button>
      )}
      <div className={styles.verdicts}>
        {kVerdicts.map(({ verdict, title, help }, i) => (
          <button
            key={verdict}
            type="button"
            className={clsx(styles.verdict, decided?.verdict === verdict && styles.said)}
            disabled={decided !== undefined}
            onClick={() => onDecide(verdict, false)}
          >
            <kbd>{i + 1}</kbd>
            <span>
              <strong>{title}</strong>
              <small>{help}</small>
            </span>
          </button>
        ))}
      </div>
      {decided && (
        <p className={styles.done}>
          <span>{decided.accept ? 'The labels were changed.' : 'Decided.'}</span>
          <Button look="bare" icon={<Undo2 aria-hidden="true" />} keys="U" onClick={onUndo}>
            Take back
          </Button>
        </p>
      )}
      <Why item={item} />
    </aside>
  );
}
