/** Ship or hold, with a note; keys S and H choose, Ctrl Enter confirms. The time that a person looks is counted. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useState } from 'react';
import { decideGate } from '../../api/actions';
import type { Schemas } from '../../api/client';
import { cyclesQuery } from '../../api/queries';
import { useShortcuts } from '../../commands/shortcuts';
import { moment } from '../../lib/format';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toast';
import styles from './DecisionPanel.module.css';

type Report = Schemas['GateReport'];
type Decision = 'ship' | 'hold';

const kLookedMax = 600;

/** Whether a cycle stands still because of this report: a decision alone does not make it go on. */
function useWaitingCycle(report: string): boolean {
  const cycles = useQuery(cyclesQuery).data?.cycles ?? [];
  return cycles.some(
    (c) => c.state === 'waiting' && c.steps.some((s) => s.name === 'gate' && s.outputs.report === report),
  );
}

interface DecidedProps {
  report: string;
  decision: NonNullable<Report['decision']>;
  onAgain: () => void;
}

function Decided({ report, decision, onAgain }: DecidedProps) {
  const waiting = useWaitingCycle(report);
  return (
    <div className={styles.panel}>
      <h2>{decision.decision === 'ship' ? 'It ships' : 'It is held'}</h2>
      <p>
        {decision.author} decided so on {moment(decision.created_at)}.
      </p>
      {decision.note !== '' && <blockquote>{decision.note}</blockquote>}
      {waiting && (
        <p>
          The cycle goes on with <code>spotter cycle resume</code>.
        </p>
      )}
      <div className={styles.buttons}>
        <Button look="bare" onClick={onAgain}>
          Decide again
        </Button>
      </div>
    </div>
  );
}

function useDecision(report: Report, onDone: () => void) {
  const queries = useQueryClient();
  // The clock starts when the page is opened; nobody looks at one page for hours.
  const [since] = useState(() => Date.now());
  return useMutation({
    mutationFn: (body: { decision: Decision; note: string }) =>
      decideGate(report.id, {
        ...body,
        seconds: Math.min(kLookedMax, Math.round((Date.now() - since) / 1000)),
      }),
    onSuccess: (done) => {
      queries.setQueryData(['gates', report.id], done);
      for (const key of ['gates', 'attention', 'cycles', 'ledger'])
        void queries.invalidateQueries({ queryKey: [key] });
      toast(done.decision?.decision === 'ship' ? 'Decided: it ships.' : 'Decided: it is held.');
      onDone();
    },
    onError: (error) => {
      toast(error.message, { bad: true });
    },
  });
}

function Choices({ report, onDone }: { report: Report; onDone: () => void }) {
  const [chosen, setChosen] = useState<Decision | null>(null);
  const [note, setNote] = useState('');
  const decide = useDecision(report, onDone);
  const mayShip = report.verdict !== 'fail';
  // Where the gate could not decide, whoever ships says why.
  const needsNote = chosen === 'ship' && report.verdict !== 'pass';
  const mayConfirm = !needsNote || note.trim() !== '';
  const focusNote = () => setTimeout(() => document.getElementById('note')?.focus(), 0);
  const choose = (decision: Decision) => () => {
    if (decision === 'ship' && !mayShip) return;
    setChosen(decision);
    focusNote();
  };
  const confirm = () => {
    if (chosen && mayConfirm && !decide.isPending) decide.mutate({ decision: chosen, note: note.trim() });
  };
  useShortcuts([
    { keys: 's', title: 'Ship the new model', run: choose('ship') },
    { keys: 'h', title: 'Hold the new model', run: choose('hold') },
  ]);
  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      confirm();
    } else if (event.key === 'Escape') {
      setChosen(null);
    }
  };
  return (
    <div className={styles.panel} onKeyDown={pressed}>
      <h2>Your decision</h2>
      <p>
        {mayShip
          ? 'Look at the table and the pictures below, then decide.'
          : 'It failed, so it cannot ship. Hold it with a note for the others.'}
      </p>
      <div className={styles.buttons}>
        <Button
          look={chosen === 'ship' ? 'primary' : 'plain'}
          aria-pressed={chosen === 'ship'}
          disabled={!mayShip}
          onClick={choose('ship')}
          keys="S"
        >
          Ship it
        </Button>
        <Button
          look={chosen === 'hold' ? 'primary' : 'plain'}
          aria-pressed={chosen === 'hold'}
          onClick={choose('hold')}
          keys="H"
        >
          Hold it
        </Button>
      </div>
      {chosen !== null && (
        <div className={styles.confirm}>
          <textarea
            id="note"
            rows={2}
            value={note}
            required={needsNote}
            placeholder={
              needsNote ? 'Why it ships although the gate could not decide' : 'Why (you may leave this empty)'
            }
            aria-label="Note"
            onChange={(event) => setNote(event.target.value)}
          />
          <Button look="primary" onClick={confirm} disabled={decide.isPending || !mayConfirm} keys="Ctrl ↵">
            {chosen === 'ship' ? 'Confirm: ship' : 'Confirm: hold'}
          </Button>
        </div>
      )}
    </div>
  );
}

export function DecisionPanel({ report }: { report: Report }) {
  const [again, setAgain] = useState(false);
  if (report.decision && !again)
    return <Decided report={report.id} decision={report.decision} onAgain={() => setAgain(true)} />;
  return <Choices report={report} onDone={() => setAgain(false)} />;
}
