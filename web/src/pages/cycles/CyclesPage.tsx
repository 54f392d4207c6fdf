/** Every turn of the loop, newest first. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { type Cycle, cyclesQuery, useModelNames } from '../../api/queries';
import { duration, minutes } from '../../lib/format';
import { stepWords } from '../../lib/words';
import { Ago } from '../../ui/Ago';
import { Badge, StateBadge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { StartCycle } from './CycleActions';

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

const kCame: Record<string, string> = {
  refused: 'did not pass, nothing shipped',
  held: 'held by a person',
  nothing: 'nothing to ship',
};

/** Where it stands, or what it ended with. */
function came(cycle: Cycle) {
  const at = cycle.steps.find((s) => ['running', 'waiting', 'failed'].includes(s.state));
  if (at && cycle.state !== 'cancelled') return `At “${stepWords(at.name).title}”`;
  return cycle.deployed === '' ? (kCame[cycle.decision] ?? '–') : <Shipped model={cycle.deployed} />;
}

function Shipped({ model }: { model: string }) {
  const nameOf = useModelNames();
  return (
    <>
      shipped{' '}
      <Link to="/models/$model" params={{ model }}>
        {nameOf(model)}
      </Link>
    </>
  );
}

const kColumns: Column<Cycle>[] = [
  {
    key: 'number',
    title: 'Cycle',
    cell: (c) => (
      <Link to="/cycles/$cycle" params={{ cycle: c.id }} style={{ whiteSpace: 'nowrap' }}>
        {c.rehearsal ? `Rehearsal ${c.number}` : `Cycle ${c.number}`}
      </Link>
    ),
  },
  {
    key: 'state',
    title: 'State',
    cell: (c) => <StateBadge state={c.interrupted ? 'interrupted' : c.state} />,
  },
  { key: 'came', title: 'What came of it', cell: came, quiet: true, grow: true },
  { key: 'by', title: 'Started by', cell: (c) => c.started_by, quiet: true },
  { key: 'at', title: 'Started', cell: (c) => <Ago at={c.created_at} />, quiet: true },
  { key: 'work', title: 'Work', number: true, cell: (c) => duration(sum(c.steps.map((s) => s.seconds))) },
  {
    key: 'people',
    title: 'People, min',
    number: true,
    cell: (c) => minutes(sum(c.steps.map((s) => s.human_minutes))),
  },
];

export function CyclesPage() {
  const query = useQuery(cyclesQuery);
  return (
    <Page
      title="Cycles"
      lead="Each cycle is one turn: find what the model gets wrong, get it labelled, train, compare, ship."
      actions={query.data && query.data.cycles.length > 0 && <StartCycle />}
    >
      <Loaded query={query}>
        {({ cycles }) =>
          cycles.length === 0 ? (
            <Empty
              icon={RefreshCw}
              title="No cycle has run yet"
              command="spotter cycle run"
              action={<StartCycle look="primary" />}
            >
              Start the first one here or from the command line, or write a schedule into spotter.yaml.
            </Empty>
          ) : (
            <>
              <Table caption="Cycles" columns={kColumns} rows={cycles.toReversed()} rowKey={(c) => c.id} />
              {cycles.some((c) => c.rehearsal) && (
                <p style={{ marginTop: 12, color: 'var(--text-soft)' }}>
                  <Badge>Rehearsal</Badge> the same steps on a pinch of data, to see that nothing has rotted.
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
