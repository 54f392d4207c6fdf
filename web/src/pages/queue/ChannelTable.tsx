/** How often people found each check right: what the order of the queue is made of. */
import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/client';
import { channelsQuery } from '../../api/queries';
import { grouped, percent, sentence } from '../../lib/format';
import { checkWords, errorWords } from '../../lib/words';
import { Interval } from '../../ui/Interval';
import { Section } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { Term } from '../../ui/Tip';

type Channel = Schemas['Channel'];

const kColumns: Column<Channel>[] = [
  {
    key: 'check',
    title: 'Check',
    grow: true,
    cell: (c) => `${sentence(checkWords(c.check))}: ${errorWords(c.error).toLowerCase()}`,
  },
  { key: 'findings', title: 'Waiting', number: true, cell: (c) => grouped(c.findings) },
  { key: 'verdicts', title: 'Decisions', number: true, cell: (c) => grouped(c.verdicts) },
  {
    key: 'precision',
    title: <Term text="How many of its items people found to be worth the look.">Right</Term>,
    number: true,
    cell: (c) => (c.precision === null ? '–' : percent(c.precision)),
  },
  {
    key: 'range',
    title: '',
    cell: (c) =>
      c.precision !== null && (
        <span style={{ display: 'block', width: 120 }}>
          <Interval
            value={c.precision}
            low={c.low}
            high={c.high}
            from={0}
            to={1}
            label={`${percent(c.low)} to ${percent(c.high)}`}
          />
        </span>
      ),
  },
  {
    key: 'expected',
    title: <Term text="What is believed now of something that this check alone found.">Believed</Term>,
    number: true,
    cell: (c) => percent(c.expected),
  },
];

export function ChannelTable() {
  const query = useQuery(channelsQuery);
  return (
    <Loaded query={query} lines={3}>
      {({ channels }) =>
        channels.length > 0 && (
          <Section title="How good each check is" note="Your decisions decide what comes first">
            <Table
              caption="Checks"
              columns={kColumns}
              rows={channels}
              rowKey={(c) => `${c.check}/${c.error}`}
            />
          </Section>
        )
      }
    </Loaded>
  );
}
