/** Writes conditions for people who do not know the filter language: what is known about pictures, one press each. */
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import type { Schemas } from '../api/client';
import { attributesQuery, projectQuery } from '../api/queries';
import { attributeName, condition, quoted } from '../lib/filter';
import { buttonClass } from '../ui/Button';
import { Loaded } from '../ui/States';
import styles from './FilterBar.module.css';

type Pick = (condition: string) => void;

function AttributeValues({ attribute, onPick }: { attribute: Schemas['Attribute']; onPick: Pick }) {
  const name = attributeName(attribute.name);
  if (name === null) return null;
  const many = attribute.kind === 'number' && attribute.distinct > attribute.values.length;
  return (
    <section className={styles.attribute}>
      <h3>{attribute.name}</h3>
      {many ? (
        <p className={styles.range}>
          a number from {attribute.low} to {attribute.high}: write {name} &gt; …
        </p>
      ) : (
        <div className={styles.values}>
          {attribute.values.map((v) => (
            <button
              key={v.value}
              type="button"
              onClick={() => onPick(condition(name, attribute.kind, v.value))}
            >
              {v.value} <span>{v.count}</span>
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

function Conditions({ onPick }: { onPick: Pick }) {
  const attributes = useQuery(attributesQuery);
  const classes = useQuery(projectQuery).data?.classes ?? [];
  const simple: [string, string][] = [
    ['labelled', 'labelled = true'],
    ['not labelled', 'labelled = false'],
    ['flagged by people', 'flagged = true'],
  ];
  return (
    <>
      <section className={styles.attribute}>
        <h3>state</h3>
        <div className={styles.values}>
          {simple.map(([words, text]) => (
            <button key={text} type="button" onClick={() => onPick(text)}>
              {words}
            </button>
          ))}
        </div>
      </section>
      {classes.length > 0 && (
        <section className={styles.attribute}>
          <h3>has a label of</h3>
          <div className={styles.values}>
            {classes.map((c) => (
              <button key={c} type="button" onClick={() => onPick(`label.class = ${quoted(c)}`)}>
                {c}
              </button>
            ))}
          </div>
        </section>
      )}
      <Loaded query={attributes} lines={3}>
        {(data) => (
          <>
            {data.attributes.map((a) => (
              <AttributeValues key={a.name} attribute={a} onPick={onPick} />
            ))}
          </>
        )}
      </Loaded>
    </>
  );
}

export function ConditionMenu({ onPick }: { onPick: Pick }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={buttonClass()}>
        <Plus aria-hidden="true" />
        Condition
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className={styles.menu} align="end" sideOffset={6} collisionPadding={12}>
          <Conditions
            onPick={(text) => {
              setOpen(false);
              onPick(text);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
