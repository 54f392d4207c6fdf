/** One of a few: a menu that opens. */
import { Check, ChevronDown } from 'lucide-react';
import { Select } from 'radix-ui';
import styles from './Choice.module.css';

export interface ChoiceOption {
  value: string;
  label: string;
}

interface ChoiceProps {
  label: string;
  value: string;
  options: ChoiceOption[];
  onChange: (value: string) => void;
}

/** Radix takes no empty value, so that "none" travels under a name. */
const kNone = '\u0000none';

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Select.Root
      value={value === '' ? kNone : value}
      onValueChange={(v) => {
        onChange(v === kNone ? '' : v);
      }}
    >
      <Select.Trigger className={styles.trigger} aria-label={label}>
        <span className={styles.label}>{label}</span>
        <Select.Value />
        <ChevronDown aria-hidden="true" />
      </Select.Trigger>
      <Select.Portal>
        <Select.Content className={styles.menu} position="popper" sideOffset={4} collisionPadding={12}>
          <Select.Viewport>
            {options.map((option) => (
              <Select.Item
                key={option.value}
                value={option.value === '' ? kNone : option.value}
                className={styles.item}
              >
                <Select.ItemIndicator className={styles.check}>
                  <Check aria-hidden="true" />
                </Select.ItemIndicator>
                <Select.ItemText>{option.label}</Select.ItemText>
              </Select.Item>
            ))}
          </Select.Viewport>
        </Select.Content>
      </Select.Portal>
    </Select.Root>
  );
}
