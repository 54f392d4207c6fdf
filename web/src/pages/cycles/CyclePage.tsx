/** One cycle with its steps. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { cycleQuery } from '../../api/queries';
import { moment } from '../../lib/format';
import { StateBadge } from '../../ui/Badge';
import { Card, Page } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { CycleActions } from './CycleActions';
import { StepList } from './StepList';

export function CyclePage() {
  const { cycle: id } = useParams({ from: '/cycles/$cycle' });
  const query = useQuery(cycleQuery(id));
  const cycle = query.data;
  return (
    <Page
      title={cycle ? `${cycle.rehearsal ? 'Rehearsal' : 'Cycle'} ${cycle.number}` : 'Cycle'}
      above={
        <>
          <Link to="/cycles">Cycles</Link>
          {cycle && <StateBadge state={cycle.interrupted ? 'interrupted' : cycle.state} />}
        </>
      }
      lead={
        cycle &&
        `Started ${moment(cycle.created_at)} by ${cycle.started_by}${
          cycle.ended_at === null ? '' : `, ended ${moment(cycle.ended_at)}`
        }.`
      }
    >
      <Loaded query={query} lines={10}>
        {(data) => (
          <>
            <CycleActions cycle={data} />
            <Card>
              <StepList cycle={data} />
            </Card>
          </>
        )}
      </Loaded>
    </Page>
  );
}
