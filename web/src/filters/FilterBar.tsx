/** The filter of the samples page: a text in the filter language, checked while it is typed, with a menu that writes it. */
import { useQuery } from '@tanstack/react-query';
import clsx from 'clsx';
import { ListFilter, X } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import { filterQuery } from '../api/queries';
import { useWords } from '../draw/task';
import { plural } from '../lib/format';
import { both, isEverything } from '../lib/filter';
import { ConditionMenu } from './ConditionMenu';
import styles from './FilterBar.module.css';

interface FilterBarProps {
  where: string;
  onChange: (where: string) => void;
}

/** What the server says about a text that is being typed; nothing while it is the filter that is applied. */
function useVerdict(text: string, edited: boolean) {
  const check = useQuery({ ...filterQuery(text.trim() === '' ? 'true' : text), enabled: edited });
  return edited && !check.isPlaceholderData ? check.data : undefined;
}

export function FilterBar({ where, onChange }: FilterBarProps) {
  const { sample, example } = useWords();
  const [draft, setDraft] = useState({ of: where, text: where });
  if (draft.of !== where) setDraft({ of: where, text: where });
  const text = draft.text;
  const edited = text.trim() !== where.trim();
  const verdict = useVerdict(text, edited);
  const wrong = verdict?.valid === false;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!wrong) onChange(text.trim());
  };
  return (
    <form className={styles.bar} onSubmit={submit} role="search">
      <div className={clsx(styles.field, wrong && styles.wrong)}>
        <ListFilter aria-hidden="true" />
        <input
          id="filter"
          value={text}
          onChange={(event) => setDraft({ of: where, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              setDraft({ of: where, text: where });
              event.currentTarget.blur();
            }
          }}
          placeholder={`All ${sample}s. For example: ${example}`}
          aria-label="Filter"
          spellCheck={false}
          autoComplete="off"
        />
        {verdict && !wrong && <span className={styles.hint}>{plural(verdict.total, sample)} · Enter</span>}
        {!isEverything(where) && !edited && (
          <button type="button" aria-label={`Show all ${sample}s`} onClick={() => onChange('')}>
            <X aria-hidden="true" />
          </button>
        )}
      </div>
      <ConditionMenu onPick={(condition) => onChange(both(where, condition))} />
      {wrong && (
        <p className={styles.problem} role="alert">
          {verdict.message}
        </p>
      )}
    </form>
  );
}
