/** What a campaign picked, for which failure modes, and why each. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Images } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { campaignQuery } from '../../api/queries';
import { ago, plural, sentence } from '../../lib/format';
import { Badge, StateBadge } from '../../ui/Badge';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { PagedStrip } from '../PagedStrip';
import styles from './CampaignPage.module.css';
import { reasonOf } from './reasons';

type Campaign = Schemas['CampaignDetail'];

/** How many pictures were picked for each failure mode, most first. */
function Parts({ campaign }: { campaign: Campaign }) {
  const counts = new Map<string, number>();
  for (const item of campaign.items) {
    const { mode } = reasonOf(item.reason);
    if (mode !== '') counts.set(mode, (counts.get(mode) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  return (
    <p className={styles.parts}>
      {[...counts]
        .sort((a, b) => b[1] - a[1])
        .map(([mode, count]) => (
          <Badge key={mode}>
            {sentence(mode)} · {count}
          </Badge>
        ))}
    </p>
  );
}

function note(reason: string): ReactNode {
  const { mode, short } = reasonOf(reason);
  if (mode === '') return sentence(short);
  return (
    <>
      {sentence(mode)}
      {short !== '' && <small className={styles.short}>{short}</small>}
    </>
  );
}

export function CampaignPage() {
  const { campaign: id } = useParams({ from: '/campaigns/$campaign' });
  const query = useQuery(campaignQuery(id));
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
        `${plural(campaign.picked, 'picture')} picked of at most ${campaign.budget}, ${ago(campaign.created_at)}.`
      }
    >
      <Loaded query={query}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty
              icon={Images}
              title="Nothing was picked yet"
              command={`spotter campaign run ${data.name}`}
            />
          ) : (
            <>
              <Parts campaign={data} />
              <PagedStrip
                items={data.items.map((item) => ({
                  key: item.sample,
                  note: note(item.reason),
                  title: item.reason,
                }))}
              />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
