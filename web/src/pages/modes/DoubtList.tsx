/** Labels that checks doubt: no failure of the model, but something for people to look through. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../api/client';
import { doubtsQuery } from '../../api/queries';
import { grouped, sentence } from '../../lib/format';
import { Section } from '../../ui/Page';
import { Failure } from '../../ui/States';
import { type Column, Table } from '../../ui/Table';
import { Term } from '../../ui/Tip';

type Doubt = Schemas['Doubt'];

const kColumns: Column<Doubt>[] = [
  {
    key: 'title',
    title: 'What may be wrong',
    grow: true,
    cell: (d) => (
      <Link to="/queue" search={{ error: d.error, ...(d.class === '' ? {} : { class: d.class }) }}>
        {sentence(d.title)}
      </Link>
    ),
  },
  { key: 'findings', title: 'Found', number: true, cell: (d) => grouped(d.findings) },
  { key: 'samples', title: 'Pictures', number: true, cell: (d) => grouped(d.samples) },
  {
    key: 'proposals',
    title: <Term text="So many come with a change of the label that one key accepts.">With a proposal</Term>,
    number: true,
    cell: (d) => grouped(d.proposals),
  },
];

export function DoubtList() {
  const query = useQuery(doubtsQuery);
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const doubts = query.data?.doubts ?? [];
  if (doubts.length === 0) return null;
  return (
    <Section
      title="Labels that are doubted"
      note="No failure of the model: look through them in the queue, and what you accept is learned next time"
    >
      <Table
        caption="Labels that are doubted"
        columns={kColumns}
        rows={doubts}
        rowKey={(d) => `${d.error} ${d.class}`}
      />
    </Section>
  );
}
