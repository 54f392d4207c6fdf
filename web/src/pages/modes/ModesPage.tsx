/** Failure modes: what the model gets wrong again and again, the costliest first. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { modesQuery } from '../../api/queries';
import { grouped, percent, sentence } from '../../lib/format';
import { Ago } from '../../ui/Ago';
import { StateBadge } from '../../ui/Badge';
import { Page, Section } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { Term } from '../../ui/Tip';
import { DoubtList } from './DoubtList';

type Mode = Schemas['FailureMode'];

function columns(worst: number): Column<Mode>[] {
  return [
    {
      key: 'title',
      title: 'What goes wrong',
      grow: true,
      cell: (m) => (
        <Link to="/modes/$mode" params={{ mode: m.id }}>
          {sentence(m.title)}
        </Link>
      ),
    },
    { key: 'state', title: 'State', cell: (m) => <StateBadge state={m.state} /> },
    {
      key: 'findings',
      title: 'Found',
      number: true,
      cell: (m) => (typeof m.findings === 'number' ? grouped(m.findings) : '–'),
    },
    {
      key: 'frequency',
      title: (
        <Term text="In how many of the examined pictures the conditions of this failure hold.">
          How often
        </Term>
      ),
      number: true,
      cell: (m) => percent(m.frequency, 1),
    },
    {
      key: 'rank',
      title: (
        <Term text="What it costs: weight (how much it matters to you) × how often × how much more the model fails there.">
          Cost
        </Term>
      ),
      cell: (m) => (
        <span style={{ display: 'block', width: 96 }} title={m.rank_score.toFixed(4)}>
          <Progress fraction={worst > 0 ? m.rank_score / worst : 0} label={`Cost of ${m.title}`} />
        </span>
      ),
    },
    { key: 'owner', title: 'Owner', cell: (m) => (m.owner === '' ? '–' : m.owner), quiet: true },
    { key: 'at', title: 'Seen', cell: (m) => <Ago at={m.updated_at} />, quiet: true },
  ];
}

const kClosed = ['fixed', 'ignored'];

function ModeLists({ modes }: { modes: Mode[] }) {
  const open = modes.filter((m) => !kClosed.includes(m.state));
  const closed = modes.filter((m) => kClosed.includes(m.state));
  const worst = Math.max(0, ...open.map((m) => m.rank_score));
  if (modes.length === 0) {
    return (
      <Empty icon={TriangleAlert} title="No failure mode is known" command="spotter check run">
        Checks look for what the model at work gets wrong, as soon as there is one; what they find is grouped
        here by itself.
      </Empty>
    );
  }
  return (
    <>
      <Section title="Open">
        {open.length > 0 ? (
          <Table caption="Open failure modes" columns={columns(worst)} rows={open} rowKey={(m) => m.id} />
        ) : (
          <p>Nothing is open: every known failure mode is fixed or ignored.</p>
        )}
      </Section>
      {closed.length > 0 && (
        <Section title="Fixed or ignored" note="Fixed ones are tested with every new model, for ever">
          <Table caption="Closed failure modes" columns={columns(worst)} rows={closed} rowKey={(m) => m.id} />
        </Section>
      )}
    </>
  );
}

export function ModesPage() {
  const query = useQuery(modesQuery);
  return (
    <Page
      title="Failure modes"
      lead="What the model gets wrong, grouped by what those pictures have in common. The costliest comes first."
    >
      <Loaded query={query}>{({ modes }) => <ModeLists modes={modes} />}</Loaded>
      <DoubtList />
    </Page>
  );
}
