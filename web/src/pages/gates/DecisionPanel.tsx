/** Ship or hold, with a note; keys S and H choose, Ctrl Enter confirms. The time that a person looks is counted. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { decideGate, resumeCycle } from '../../api/actions';
import type { Schemas } from '../../api/client';
import { type Cycle, cyclesQuery } from '../../api/queries';
import { useShortcuts } from '../../commands/shortcuts';
import { moment, sentence } from '../../lib/format';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toast';
import { reportOf } from '../cycles/outcomes';
import { lookSoon, useCycleActions } from '../cycles/useCycleActions';
import styles from './DecisionPanel.module.css';

type Report = Schemas['GateReport'];
type Decision = 'ship' | 'hold';

const kLookedMax = 600;

/** The cycle that stands still because of this report: a decision alone does not make it go on. */
function useWaitingCycle(report: string): Cycle | undefined {
  const cycles = useQuery(cyclesQuery).data?.cycles ?? [];
  return cycles.findLast((c) => c.state === 'waiting' && reportOf(c) === report);
}

/** The cycle of this report, whatever it does. */
function useCycleOf(report: string): Cycle | undefined {
  const cycles = useQuery(cyclesQuery).data?.cycles ?? [];
  return cycles.findLast((c) => !c.rehearsal && reportOf(c) === report);
}

interface DecidedProps {
  report: string;
  decision: NonNullable<Report['decision']>;
  onAgain: () => void;
}

function CycleLine({ cycle }: { cycle: Cycle }) {
  const words: Record<Cycle['state'], string> = {
    running: cycle.interrupted ? 'was interrupted.' : 'goes on with it.',
    waiting: 'was not told to go on yet.',
    done: 'is done.',
    failed: 'stopped at a failure.',
    cancelled: 'was cancelled.',
  };
  return (
    <p>
      <Link to="/cycles/$cycle" params={{ cycle: cycle.id }}>
        Cycle {cycle.number}
      </Link>{' '}
      {words[cycle.state]}
    </p>
  );
}

function GoOn({ cycle }: { cycle: Cycle }) {
  const { resume, going } = useCycleActions(cycle);
  return (
    <Button look="primary" icon={<Play />} disabled={going} onClick={() => resume.mutate()}>
      {going ? 'Goes on…' : 'Let the cycle go on'}
    </Button>
  );
}

function Decided({ report, decision, onAgain }: DecidedProps) {
  const cycle = useCycleOf(report);
  const waiting = cycle?.state === 'waiting';
  return (
    <div className={styles.panel}>
      <h2>{decision.decision === 'ship' ? 'It ships' : 'It is held'}</h2>
      <p>
        {sentence(decision.author)} decided so on {moment(decision.created_at)}.
      </p>
      {decision.note !== '' && <blockquote>{decision.note}</blockquote>}
      {cycle && <CycleLine cycle={cycle} />}
      <div className={styles.buttons}>
        {cycle && waiting && <GoOn cycle={cycle} />}
        {(waiting || cycle === undefined) && (
          <Button look="bare" onClick={onAgain}>
            Decide again
          </Button>
        )}
      </div>
    </div>
  );
}

function useDecision(report: Report, onDone: () => void) {
  const queries = useQueryClient();
  const waiting = useWaitingCycle(report.id);
  // The clock starts when the page is opened; nobody looks at one page for hours.
  const [since] = useState(() => Date.now());
  return useMutation({
    mutationFn: (body: { decision: Decision; note: string }) =>
      decideGate(report.id, {
        ...body,
        seconds: Math.min(kLookedMax, Math.round((Date.now() - since) / 1000)),
      }),
    onSuccess: async (done) => {
      if (waiting) {
        // The decision stands even when the cycle cannot go on: the panel then offers it again.
        await resumeCycle(waiting.id).catch((error: unknown) => {
          toast(error instanceof Error ? error.message : String(error), { bad: true });
        });
        lookSoon(queries);
      }
      queries.setQueryData(['gates', report.id], done);
      for (const key of ['gates', 'attention', 'cycles', 'ledger'])
        void queries.invalidateQueries({ queryKey: [key] });
      const words = done.decision?.decision === 'ship' ? 'Decided: it ships.' : 'Decided: it is held.';
      toast(waiting ? `${words} Cycle ${waiting.number} goes on.` : words);
      onDone();
    },
    onError: (error) => {
      toast(error.message, { bad: true });
    },
  });
}

const kWhy = 'Why it ships although the gate could not decide:';
const kAdvice: Record<Report['verdict'], string> = {
  pass: 'Nothing stands against it. Glance at the losses below, then ship it.',
  inconclusive: 'Hold it until more is labelled, or ship it on your own judgement.',
  hold: 'Make sure that no test picture was among those it learned from, then decide.',
  fail: '',
};

interface ConfirmProps {
  chosen: Decision;
  note: string;
  needsNote: boolean;
  ready: boolean;
  onNote: (note: string) => void;
  onConfirm: () => void;
}

function Confirm({ chosen, note, needsNote, ready, onNote, onConfirm }: ConfirmProps) {
  return (
    <div className={styles.confirm}>
      <label htmlFor="note">{needsNote ? kWhy : 'Why (you may leave this empty)'}</label>
      <textarea
        id="note"
        rows={3}
        value={note}
        aria-label="Note"
        aria-required={needsNote}
        onChange={(event) => onNote(event.target.value)}
      />
      <Button look="primary" onClick={onConfirm} disabled={!ready} keys="Ctrl ↵">
        {chosen === 'ship' ? 'Confirm: ship' : 'Confirm: hold'}
      </Button>
    </div>
  );
}

function Choices({ report, onDone }: { report: Report; onDone: () => void }) {
  const [chosen, setChosen] = useState<Decision | null>(null);
  const [note, setNote] = useState('');
  const decide = useDecision(report, onDone);
  const mayShip = report.verdict !== 'fail';
  // Where the gate could not decide, whoever ships says why.
  const needsNote = chosen === 'ship' && report.verdict !== 'pass';
  const ready = chosen !== null && !decide.isPending && (!needsNote || note.trim() !== '');
  const focusNote = () => setTimeout(() => document.getElementById('note')?.focus(), 0);
  const choose = (decision: Decision) => () => {
    if (decision === 'ship' && !mayShip) return;
    setChosen(decision);
    focusNote();
  };
  const confirm = () => {
    if (chosen && ready) decide.mutate({ decision: chosen, note: note.trim() });
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
          ? kAdvice[report.verdict]
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
        <Confirm
          chosen={chosen}
          note={note}
          needsNote={needsNote}
          ready={ready}
          onNote={setNote}
          onConfirm={confirm}
        />
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
