/** What people change about a failure mode: who looks after it, how much it matters, notes, merging, splitting. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { mergeModes, setMode, splitMode } from '../../api/actions';
import type { Schemas } from '../../api/client';
import { modesQuery } from '../../api/queries';
import { sentence } from '../../lib/format';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Dialog } from '../../ui/Dialog';
import { toast } from '../../ui/Toast';
import styles from './ModeEdits.module.css';

type Mode = Schemas['FailureModeDetail'];

/** Sends a change, asks for the modes again, and says what came of it. */
function useChange<T>(send: (value: T) => Promise<unknown>, said: string, then?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['modes'] });
      toast(said);
      then?.();
    },
    onError: (error) => toast(error.message, { bad: true }),
  });
}

interface FieldProps {
  label: string;
  value: string;
  placeholder: string;
  action: string;
  type?: string;
  onSend: (text: string) => void;
}

function Field({ label, value, placeholder, action, type = 'text', onSend }: FieldProps) {
  const [text, setText] = useState(value);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSend(text.trim());
    if (value === '') setText('');
  };
  return (
    <form className={styles.field} onSubmit={submit}>
      <label>
        {label}
        <input
          type={type}
          min={0}
          step="any"
          value={text}
          placeholder={placeholder}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <Button type="submit" disabled={text.trim() === value}>
        {action}
      </Button>
    </form>
  );
}

export function ModeFields({ mode }: { mode: Mode }) {
  const owner = useChange((text: string) => setMode(mode.id, { owner: text }), 'Kept.');
  const weight = useChange((text: string) => setMode(mode.id, { weight: Number(text) }), 'Kept.');
  const note = useChange((text: string) => setMode(mode.id, { note: text }), 'Noted.');
  return (
    <div className={styles.fields}>
      <Field
        key={`owner ${mode.owner}`}
        label="Owner"
        value={mode.owner}
        placeholder="Nobody yet"
        action="Set"
        onSend={(text) => owner.mutate(text)}
      />
      <Field
        key={`weight ${mode.weight}`}
        label="Weight: how much it matters"
        value={String(mode.weight)}
        placeholder="1"
        type="number"
        action="Set"
        onSend={(text) => weight.mutate(text)}
      />
      <Field
        label="Note"
        value=""
        placeholder="What you know about it"
        action="Add"
        onSend={(text) => note.mutate(text)}
      />
    </div>
  );
}

interface WindowProps {
  mode: Mode;
  open: boolean;
  onClose: () => void;
}

export function SplitWindow({ mode, open, onClose }: WindowProps) {
  const [where, setWhere] = useState('');
  const [title, setTitle] = useState('');
  const split = useChange(
    () => splitMode(mode.id, { where: where.trim(), title: title.trim() }),
    'Split in two.',
    onClose,
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    split.mutate(undefined);
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Split this failure mode"
      lead="Which of its pictures are something else? They become a failure mode of their own, with their findings."
    >
      <form className={styles.window} onSubmit={submit}>
        <label>
          Pictures where
          <input
            autoFocus
            value={where}
            onChange={(e) => setWhere(e.target.value)}
            placeholder="night = true"
          />
        </label>
        <label>
          Its name
          <input
            value={title}
            onChange={(e) => setTitle(e.target.value)}
            placeholder={`${mode.title} at night`}
          />
        </label>
        <Button look="primary" type="submit" disabled={where.trim() === '' || split.isPending}>
          Split
        </Button>
      </form>
    </Dialog>
  );
}

export function MergeWindow({ mode, open, onClose }: WindowProps) {
  const modes = useQuery(modesQuery).data?.modes ?? [];
  const others = modes.filter((m) => m.id !== mode.id && m.state !== 'ignored');
  const [other, setOther] = useState('');
  const merge = useChange(() => mergeModes(mode.id, other), 'They are one now.', onClose);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Merge with another"
      lead={`Its findings come to “${mode.title}”, and it is closed.`}
    >
      <div className={styles.window}>
        <Choice
          label="Which"
          value={other}
          options={[
            { value: '', label: others.length > 0 ? 'Choose one' : 'There is no other' },
            ...others.map((m) => ({ value: m.id, label: sentence(m.title) })),
          ]}
          onChange={setOther}
        />
        <Button
          look="primary"
          disabled={other === '' || merge.isPending}
          onClick={() => merge.mutate(undefined)}
        >
          Merge
        </Button>
      </div>
    </Dialog>
  );
}
