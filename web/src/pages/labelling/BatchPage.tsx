/** One batch: how far it is, and its pictures. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Images } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { batchQuery } from '../../api/queries';
import { useTask } from '../../draw/task';
import { minutes, plural } from '../../lib/format';
import { StateBadge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { PagedStrip } from '../PagedStrip';
import { ClassSitting } from './ClassSitting';

type Batch = Schemas['BatchDetail'];

function lead(batch: Batch): string {
  const { total, open } = batch.tasks;
  const spent = batch.human_minutes > 0 ? ` People spent ${minutes(batch.human_minutes)} minutes.` : '';
  const by = batch.author === 'simulated_team' ? ' The labels come from a simulated team.' : '';
  return `${total - open} of ${plural(total, 'picture')} labelled.${spent}${by}`;
}

export function BatchPage() {
  const { batch: id } = useParams({ from: '/batches/$batch' });
  const query = useQuery(batchQuery(id));
  const batch = query.data;
  const task = useTask();
  return (
    <Page
      title={batch ? `Batch ${batch.name}` : 'Batch'}
      above={
        <>
          <Link to="/labelling">Labelling</Link>
          {batch && <StateBadge state={batch.state} />}
        </>
      }
      lead={batch && lead(batch)}
    >
      <Loaded query={query}>
        {(data) =>
          data.samples.length === 0 ? (
            <Empty icon={Images} title="No picture is in this batch" />
          ) : (
            <>
              {task === 'classification' && data.tasks.open > 0 && (
                <ClassSitting key={data.id} batch={data} />
              )}
              <PagedStrip
                items={data.samples.map((s) => ({
                  key: s.key,
                  // What is done needs no word; what is not, stands out.
                  note: s.state === 'done' ? undefined : <StateBadge state={s.state} />,
                }))}
              />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
