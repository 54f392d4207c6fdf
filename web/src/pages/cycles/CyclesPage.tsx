/** Every turn of the loop, newest first. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { type Cycle, cyclesQuery } from '../../api/queries';
import { duration, minutes, moment } from '../../lib/format';
import { stepWords } from '../../lib/words';
import { Badge, StateBadge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

function place(cycle: Cycle): string {
  const at = cycle.steps.find((s) => ['running', 'waiting', 'failed'].includes(s.state));
  return at ? stepWords(at.name).title : '';
}

const kColumns: Column<Cycle>[] = [
  {
    key: 'number',
    title: 'Cycle',
    cell: (c) => (
      <Link to="/cycles/$cycle" params={{ cycle: c.id }}>
        {c.rehearsal ? `Rehearsal ${c.number}` : `Cycle ${c.number}`}
      </Link>
    ),
  },
  { key: 'state', title: 'State', cell: (c) => <StateBadge state={c.state} /> },
  { key: 'place', title: 'At', cell: place, quiet: true },
  { key: 'by', title: 'Started by', cell: (c) => c.started_by, quiet: true },
  { key: 'at', title: 'Started', cell: (c) => moment(c.created_at), quiet: true },
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
    >
      <Loaded query={query}>
        {({ cycles }) =>
          cycles.length === 0 ? (
            <Empty icon={RefreshCw} title="No cycle has run yet" command="spotter cycle run">
              Start the first one from the command line, or write a schedule into spotter.yaml.
            </Empty>
          ) : (
            <>
              <Table caption="Cycles" columns={kColumns} rows={cycles.toReversed()} rowKey={(c) => c.id} />
              {cycles.some((c) => c.rehearsal) && (
                <p style={{ marginTop: 12 }}>
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
