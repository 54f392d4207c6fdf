/** Does production still look like what the model learned from? */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { monitorQuery, useModelNames } from '../../api/queries';
import { moment, percent } from '../../lib/format';
import { Badge } from '../../ui/Badge';
import { Page, Section } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { Term, Tip } from '../../ui/Tip';
import { SampleStrip } from '../SampleStrip';
import { type Monitor, type Run, latestOf, monitorWords, thenAndNow } from './latest';
import styles from './MonitorPage.module.css';

/** How large the difference is beside the one that raises an alarm. */
function Difference({ monitor }: { monitor: Monitor }) {
  const floor = monitor.effect_floor > 0 ? monitor.effect_floor : 1;
  const share = monitor.statistic / floor;
  const words = `${monitor.statistic.toFixed(3)}; an alarm needs ${monitor.effect_floor.toFixed(2)}`;
  return (
    <span className={styles.difference} title={words}>
      <span className={styles.track} role="img" aria-label={words}>
        <i data-over={share >= 1} style={{ width: `${Math.min(100, share * 50)}%` }} />
        <b />
      </span>
    </span>
  );
}

const kColumns: Column<Monitor>[] = [
  {
    key: 'name',
    title: 'What is watched',
    grow: true,
    cell: (m) => (
      <Tip text={m.summary === '' ? m.name : `${m.name.replaceAll('_', ' ')}: ${m.summary}`}>
        <span tabIndex={0} className={styles.name}>
          {monitorWords(m.name)}
        </span>
      </Tip>
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
  { key: 'values', title: 'Learned from → now', number: true, cell: (m) => thenAndNow(m), quiet: true },
  {
    key: 'effect',
    title: (
      <Term text="How large the difference is. The tick is where an alarm begins, if chance does not explain it.">
        Difference
      </Term>
    ),
    cell: (m) => <Difference monitor={m} />,
  },
  {
    key: 'p',
    title: (
      <Term text="How often chance alone gives such a difference, with everything counted that is watched. An alarm needs less than 5 %.">
        By chance
      </Term>
    ),
    number: true,
    cell: (m) => (m.p_adjusted < 0.001 ? '< 0.1 %' : percent(m.p_adjusted, m.p_adjusted < 0.1 ? 1 : 0)),
  },
];

function Exemplars({ monitors }: { monitors: Monitor[] }) {
  const alarmed = monitors.filter((m) => m.state === 'alarm' && m.exemplars.length > 0);
  return (
    <>
      {alarmed.map((m) => (
        <Section key={m.name} title={monitorWords(m.name)} note="Pictures that differ most">
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
      cell: (r) => r.alarms.map(monitorWords).join(', ') || '–',
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
