/** What the loop costs: minutes of people, hours of machines, money, by cycle and step. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleDollarSign } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { ledgerQuery } from '../../api/queries';
import { duration, minutes, money } from '../../lib/format';
import { kStepOrder, stepWords } from '../../lib/words';
import { Page, Section } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import styles from './LedgerPage.module.css';

type Ledger = Schemas['Ledger'];
type CycleCost = Ledger['cycles'][number];

interface Row {
  key: string;
  cycle: CycleCost;
  step: CycleCost['steps'][number] | null;
}

/** In the order of the loop; what belongs to no step comes last. Steps that cost nothing are left out. */
function inOrder(steps: CycleCost['steps']): CycleCost['steps'] {
  const place = (step: string) => (kStepOrder.includes(step) ? kStepOrder.indexOf(step) : kStepOrder.length);
  return steps
    .filter((s) => s.human_minutes > 0 || s.machine_hours * 3600 >= 0.05 || s.cost >= 0.005)
    .toSorted((a, b) => place(a.step) - place(b.step));
}

function rowsOf(ledger: Ledger): Row[] {
  return ledger.cycles
    .toReversed()
    .flatMap((cycle) => [
      { key: cycle.cycle, cycle, step: null },
      ...inOrder(cycle.steps).map((step) => ({ key: `${cycle.cycle}/${step.step}`, cycle, step })),
    ]);
}

function Name({ row }: { row: Row }) {
  if (row.step) {
    return (
      <span className={styles.step}>{row.step.step === '' ? 'Other' : stepWords(row.step.step).title}</span>
    );
  }
  if (row.cycle.cycle === '') return <strong>Outside cycles</strong>;
  return (
    <Link to="/cycles/$cycle" params={{ cycle: row.cycle.cycle }}>
      Cycle {row.cycle.number}
    </Link>
  );
}

const people = (value: number) => (value > 0 ? minutes(value) : '–');

function spent(value: number, currency: string): string {
  return value >= 0.005 ? money(value, currency) : `< ${money(0.01, currency)}`;
}

function columns(currency: string): Column<Row>[] {
  const cost = (r: Row) => r.step ?? r.cycle;
  return [
    { key: 'name', title: 'Cycle and step', grow: true, cell: (r) => <Name row={r} /> },
    { key: 'people', title: 'People, min', number: true, cell: (r) => people(cost(r).human_minutes) },
    { key: 'machines', title: 'Machines', number: true, cell: (r) => duration(cost(r).machine_hours * 3600) },
    { key: 'money', title: 'Cost', number: true, cell: (r) => spent(cost(r).cost, currency) },
  ];
}

function Totals({ ledger }: { ledger: Ledger }) {
  return (
    <dl className={styles.totals}>
      <div>
        <dt>People</dt>
        <dd>{minutes(ledger.total.human_minutes)} min</dd>
      </div>
      <div>
        <dt>Machines</dt>
        <dd>{duration(ledger.total.machine_hours * 3600)}</dd>
      </div>
      <div>
        <dt>Together</dt>
        <dd>{money(ledger.total.cost, ledger.currency)}</dd>
      </div>
    </dl>
  );
}

export function LedgerPage() {
  const query = useQuery(ledgerQuery);
  return (
    <Page title="Ledger" lead="The time to save is people's. This is where it goes.">
      <Loaded query={query}>
        {(ledger) =>
          ledger.cycles.length === 0 ? (
            <Empty icon={CircleDollarSign} title="Nothing was spent yet">
              Minutes of people and hours of machines are written down as the loop turns.
            </Empty>
          ) : (
            <>
              <Totals ledger={ledger} />
              <Section title="By cycle and step">
                <Table
                  caption="Ledger"
                  columns={columns(ledger.currency)}
                  rows={rowsOf(ledger)}
                  rowKey={(r) => r.key}
                />
              </Section>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
