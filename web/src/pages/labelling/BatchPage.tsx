/** One batch: how far it is, and its pictures. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { batchQuery } from '../../api/queries';
import { minutes } from '../../lib/format';
import { StateBadge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { SampleStrip } from '../SampleStrip';

const kPage = 40;

export function BatchPage() {
  const { batch: id } = useParams({ from: '/batches/$batch' });
  const query = useQuery(batchQuery(id));
  const [page, setPage] = useState(0);
  const batch = query.data;
  return (
    <Page
      title={batch ? `Batch ${batch.name}` : 'Batch'}
      above={
        <>
          <Link to="/labelling">Labelling</Link>
          {batch && <StateBadge state={batch.state} />}
        </>
      }
      lead={
        batch &&
        `${batch.tasks.total - batch.tasks.open} of ${batch.tasks.total} pictures are labelled; people spent ${minutes(
          batch.human_minutes,
        )} minutes.${batch.author === 'simulated_team' ? ' The labels come from a simulated team.' : ''}`
      }
      actions={
        batch &&
        batch.samples.length > kPage && (
          <>
            <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
              Before
            </Button>
            <Button disabled={(page + 1) * kPage >= batch.samples.length} onClick={() => setPage(page + 1)}>
              Next
            </Button>
          </>
        )
      }
    >
      <Loaded query={query}>
        {(data) => (
          <SampleStrip
            items={data.samples
              .slice(page * kPage, (page + 1) * kPage)
              .map((s) => ({ key: s.key, note: <StateBadge state={s.state} /> }))}
          />
        )}
      </Loaded>
    </Page>
  );
}
