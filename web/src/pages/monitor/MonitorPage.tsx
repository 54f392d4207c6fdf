/** Does production still look like what the model learned from? */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { monitorQuery, useModelNames } from '../../api/queries';
import { grouped, moment, sentence } from '../../lib/format';
import { Badge } from '../../ui/Badge';
import { Page, Section } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { Term } from '../../ui/Tip';
import { SampleStrip } from '../SampleStrip';
import { type Monitor, type Run, latestOf } from './latest';

const kColumns: Column<Monitor>[] = [
  {
    key: 'name',
    title: 'What is watched',
    grow: true,
    cell: (m) => (
      <span style={{ display: 'grid' }}>
        <strong style={{ fontWeight: 500 }}>{sentence(m.name.replaceAll('_', ' '))}</strong>
        <small style={{ color: 'var(--text-faint)' }}>{m.summary}</small>
      </span>
    ),
  },
  {
    key: 'state',
    title: 'State',
    cell: (m) => (
      <Badge tone={m.state === 'alarm' ? 'bad' : m.state === 'ok' ? 'good' : 'neutral'}>
        {m.state === 'alarm' ? 'Changed' : m.state === 'ok' ? 'As usual' : 'Not enough data'}
      </Badge>
    ),
  },
  { key: 'scenes', title: 'Scenes', number: true, cell: (m) => grouped(m.scenes_current) },
  {
    key: 'effect',
    title: (
      <Term text="How large the difference is. Below the floor it raises no alarm, however sure it is.">
        Difference
      </Term>
    ),
    number: true,
    cell: (m) => `${m.statistic.toFixed(3)} (floor ${m.effect_floor.toFixed(2)})`,
  },
  {
    key: 'p',
    title: (
      <Term text="How often chance alone would give such a difference, after counting every thing that is watched.">
        Chance
      </Term>
    ),
    number: true,
    cell: (m) => (m.p_adjusted < 0.001 ? '< 0.001' : m.p_adjusted.toFixed(3)),
  },
];

function Exemplars({ monitors }: { monitors: Monitor[] }) {
  const alarmed = monitors.filter((m) => m.state === 'alarm' && m.exemplars.length > 0);
  return (
    <>
      {alarmed.map((m) => (
        <Section key={m.name} title={m.summary || m.name} note="Pictures that differ most">
          <SampleStrip items={m.exemplars.map((key) => ({ key }))} />
        </Section>
      ))}
    </>
  );
}

function runColumns(nameOf: (id: string) => string): Column<Run>[] {
  return [
    { key: 'at', title: 'Looked', cell: (r) => moment(r.created_at) },
    {
      key: 'model',
      title: 'Model',
      cell: (r) => (
        <Link to="/models/$model" params={{ model: r.model }}>
          {nameOf(r.model)}
        </Link>
      ),
    },
    {
      key: 'alarm',
      title: 'State',
      cell: (r) => <Badge tone={r.alarm ? 'bad' : 'good'}>{r.alarm ? 'Changed' : 'As usual'}</Badge>,
    },
    {
      key: 'alarms',
      title: 'What changed',
      grow: true,
      quiet: true,
      cell: (r) => r.alarms.join(', ').replaceAll('_', ' '),
    },
  ];
}

export function MonitorPage() {
  const query = useQuery(monitorQuery);
  const nameOf = useModelNames();
  return (
    <Page title="Production" lead="Does what the model sees now still look like what it learned from?">
      <Loaded query={query}>
        {(status) => {
          const latest = latestOf(status.latest);
          return status.runs.length === 0 ? (
            <Empty icon={Activity} title="Nobody has looked yet" command="spotter monitor run">
              Every cycle ends with a look at production; one command does it by hand.
            </Empty>
          ) : (
            <>
              {latest.length > 0 && (
                <Section title="The last look">
                  <Table caption="Monitors" columns={kColumns} rows={latest} rowKey={(m) => m.name} />
                </Section>
              )}
              <Exemplars monitors={latest} />
              <Section title="Looks so far">
                <Table
                  caption="Monitor runs"
                  columns={runColumns(nameOf)}
                  rows={status.runs}
                  rowKey={(r) => r.id}
                />
              </Section>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
