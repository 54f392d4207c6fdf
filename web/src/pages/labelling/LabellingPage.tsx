/** Campaigns that collect pictures, and batches that people label. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Search, Tags } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { batchesQuery, campaignsQuery } from '../../api/queries';
import { minutes } from '../../lib/format';
import { Ago } from '../../ui/Ago';
import { StateBadge } from '../../ui/Badge';
import { Page, Section } from '../../ui/Page';
import { Progress } from '../../ui/Progress';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';

const kBatches: Column<Schemas['Batch']>[] = [
  {
    key: 'name',
    title: 'Batch',
    grow: true,
    cell: (b) => (
      <Link to="/batches/$batch" params={{ batch: b.id }}>
        {b.name}
      </Link>
    ),
  },
  { key: 'state', title: 'State', cell: (b) => <StateBadge state={b.state} /> },
  {
    key: 'done',
    title: 'Labelled',
    cell: (b) => (
      <span style={{ display: 'block', width: 96 }}>
        <Progress
          fraction={b.tasks.total > 0 ? (b.tasks.total - b.tasks.open) / b.tasks.total : 0}
          label={b.name}
        />
      </span>
    ),
  },
  {
    key: 'tasks',
    title: 'Pictures',
    number: true,
    cell: (b) => `${b.tasks.total - b.tasks.open} / ${b.tasks.total}`,
  },
  { key: 'people', title: 'People, min', number: true, cell: (b) => minutes(b.human_minutes) },
  { key: 'author', title: 'By', cell: (b) => b.author || '–', quiet: true },
  { key: 'at', title: 'Made', cell: (b) => <Ago at={b.created_at} />, quiet: true },
];

const kCampaigns: Column<Schemas['Campaign']>[] = [
  {
    key: 'name',
    title: 'Campaign',
    grow: true,
    cell: (c) => (
      <Link to="/campaigns/$campaign" params={{ campaign: c.id }}>
        {c.name}
      </Link>
    ),
  },
  { key: 'state', title: 'State', cell: (c) => <StateBadge state={c.state} /> },
  { key: 'picked', title: 'Picked', number: true, cell: (c) => `${c.picked} / ${c.budget}` },
  { key: 'at', title: 'Made', cell: (c) => <Ago at={c.created_at} />, quiet: true },
];

export function LabellingPage() {
  const batches = useQuery(batchesQuery);
  const campaigns = useQuery(campaignsQuery);
  return (
    <Page
      title="Labelling"
      lead="Campaigns pick the pictures that help most. Batches of them go to the people who draw what is really there."
    >
      <Section title="Batches">
        <Loaded query={batches}>
          {(data) =>
            data.batches.length === 0 ? (
              <Empty icon={Tags} title="No batch yet" command="spotter batch create NAME --campaign …">
                A cycle makes one of what its campaign picked. By hand, one command does it.
              </Empty>
            ) : (
              <Table caption="Batches" columns={kBatches} rows={data.batches} rowKey={(b) => b.id} />
            )
          }
        </Loaded>
      </Section>
      <Section title="Campaigns">
        <Loaded query={campaigns}>
          {(data) =>
            data.campaigns.length === 0 ? (
              <Empty icon={Search} title="No campaign yet" command="spotter campaign create NAME --mode …">
                A cycle makes one for the failures that cost most. By hand, one command does it.
              </Empty>
            ) : (
              <Table caption="Campaigns" columns={kCampaigns} rows={data.campaigns} rowKey={(c) => c.id} />
            )
          }
        </Loaded>
      </Section>
    </Page>
  );
}
