/** What a campaign picked, and why each. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { campaignQuery } from '../../api/queries';
import { ago, plural } from '../../lib/format';
import { StateBadge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { SampleStrip } from '../SampleStrip';

const kPage = 40;

export function CampaignPage() {
  const { campaign: id } = useParams({ from: '/campaigns/$campaign' });
  const query = useQuery(campaignQuery(id));
  const [page, setPage] = useState(0);
  const campaign = query.data;
  return (
    <Page
      title={campaign ? `Campaign ${campaign.name}` : 'Campaign'}
      above={
        <>
          <Link to="/labelling">Labelling</Link>
          {campaign && <StateBadge state={campaign.state} />}
        </>
      }
      lead={
        campaign &&
        `${plural(campaign.picked, 'picture')} picked of at most ${campaign.budget}, made ${ago(campaign.created_at)}.`
      }
      actions={
        campaign &&
        campaign.items.length > kPage && (
          <>
            <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
              Before
            </Button>
            <Button disabled={(page + 1) * kPage >= campaign.items.length} onClick={() => setPage(page + 1)}>
              Next
            </Button>
          </>
        )
      }
    >
      <Loaded query={query}>
        {(data) => (
          <SampleStrip
            items={data.items
              .slice(page * kPage, (page + 1) * kPage)
              .map((item) => ({ key: item.sample, note: item.reason }))}
          />
        )}
      </Loaded>
    </Page>
  );
}
