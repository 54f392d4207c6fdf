/** What a person can do about a cycle now: decide, let it go on, end it, start the next one. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { type Cycle, cyclesQuery, gatesQuery, projectQuery } from '../../api/queries';
import { useShortcuts } from '../../commands/shortcuts';
import { Button, buttonClass } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import styles from './CycleActions.module.css';
import { needs, reportOf, standsAt } from './outcomes';
import { useCycleActions, useStartCycle } from './useCycleActions';

/** Whether the cycle waits for a decision that nobody took yet. */
function useUndecided(cycle: Cycle): boolean {
  const gates = useQuery({ ...gatesQuery, enabled: cycle.state === 'waiting' });
  const report = gates.data?.reports.find((r) => r.id === reportOf(cycle));
  return standsAt(cycle)?.name === 'deploy' && report !== undefined && report.decision === null;
}

interface CancelProps {
  cycle: Cycle;
  busy: boolean;
  onCancel: () => void;
}

function Cancel({ cycle, busy, onCancel }: CancelProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="bare" disabled={busy} onClick={() => setOpen(true)}>
        Cancel
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Cancel cycle ${cycle.number}?`}
        lead="It ends for good with its jobs, and ships nothing. Pictures, labels and models that it made stay."
      >
        <div className={styles.buttons}>
          <Button
            look="danger"
            onClick={() => {
              setOpen(false);
              onCancel();
            }}
          >
            Cancel the cycle
          </Button>
          <Button onClick={() => setOpen(false)}>Let it be</Button>
        </div>
      </Dialog>
    </>
  );
}

function GoOn({ cycle, going, onGo }: { cycle: Cycle; going: boolean; onGo: () => void }) {
  useShortcuts([{ keys: 'c', title: 'Let the cycle go on', run: () => !going && onGo() }]);
  return (
    <Button look="primary" icon={<Play />} disabled={going} onClick={onGo} keys="C">
      {going ? 'Goes on…' : cycle.state === 'failed' ? 'Try again from there' : 'Let it go on'}
    </Button>
  );
}

function Offered({ cycle }: { cycle: Cycle }) {
  const undecided = useUndecided(cycle);
  const { resume, cancel, going } = useCycleActions(cycle);
  // An interrupted one may have been cut before its first step or between two.
  const stands = standsAt(cycle) !== undefined || cycle.interrupted;
  const words = needs(cycle, !undecided);
  return (
    <div className={styles.bar} data-stands={stands}>
      {words !== '' && <p>{words}</p>}
      <div className={styles.buttons}>
        {stands && undecided && (
          <Link to="/gates/$gate" params={{ gate: reportOf(cycle) }} className={buttonClass('primary')}>
            Read and decide
          </Link>
        )}
        {stands && !undecided && <GoOn cycle={cycle} going={going} onGo={() => resume.mutate()} />}
        <Cancel cycle={cycle} busy={cancel.isPending} onCancel={() => cancel.mutate()} />
      </div>
    </div>
  );
}

/** Says what the newest cycle needs and offers it; nothing for one that has ended or needs nobody. */
export function CycleActions({ cycle }: { cycle: Cycle }) {
  const { data } = useQuery(cyclesQuery);
  const newest = data?.cycles.filter((c) => !c.rehearsal).at(-1);
  const ended = ['done', 'cancelled'].includes(cycle.state);
  return cycle.rehearsal || ended || newest?.id !== cycle.id ? null : <Offered cycle={cycle} />;
}

/** Starts the next cycle; absent while one has not ended well, and before there is anything to learn from. */
export function StartCycle({ look = 'plain' }: { look?: 'plain' | 'primary' }) {
  const { data } = useQuery(cyclesQuery);
  const { start, starting } = useStartCycle();
  const newest = data?.cycles.filter((c) => !c.rehearsal).at(-1);
  const samples = useQuery(projectQuery).data?.counts.samples ?? 0;
  const standing = newest !== undefined && ['running', 'waiting', 'failed'].includes(newest.state);
  if (data === undefined || standing || samples === 0) return null;
  return (
    <Button look={look} icon={<Play />} disabled={starting} onClick={start}>
      {starting ? 'Starting…' : 'Start a cycle'}
    </Button>
  );
}
