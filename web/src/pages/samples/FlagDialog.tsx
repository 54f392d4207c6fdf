/** "Something is wrong with this picture": one sentence, kept with who said it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { flagSample } from '../../api/actions';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { toast } from '../../ui/Toast';
import styles from './FlagDialog.module.css';

interface FlagDialogProps {
  open: boolean;
  sample: string;
  onClose: () => void;
}

export function FlagDialog({ open, sample, onClose }: FlagDialogProps) {
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const flag = useMutation({
    mutationFn: () => flagSample(sample, reason.trim()),
    onSuccess: () => {
      toast('Flagged. It counts in the next check.');
      setReason('');
      onClose();
      void queries.invalidateQueries({ queryKey: ['sample', sample] });
    },
    onError: (error) => {
      toast(error.message, { bad: true });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (reason.trim() !== '') flag.mutate();
  };
  return (
    <Dialog open={open} onClose={onClose} title="Flag this picture" lead="What did the model get wrong here?">
      <form onSubmit={submit} className={styles.form}>
        <input
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          placeholder="For example: did not see the green cone"
          aria-label="What is wrong"
        />
        <Button look="primary" type="submit" disabled={reason.trim() === '' || flag.isPending} keys="↵">
          Flag
        </Button>
      </form>
    </Dialog>
  );
}
