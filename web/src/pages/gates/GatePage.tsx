/** One comparison: the verdict in words, a decision to take, the table, the pictures. Two minutes of a person. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import type { Schemas } from '../../api/client';
import { evaluationsQuery, gateQuery } from '../../api/queries';
import { grouped, moment, plural } from '../../lib/format';
import { verdictWords } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { buttonClass } from '../../ui/Button';
import { Page, Section } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { DecisionPanel } from './DecisionPanel';
import { GateTable } from './GateTable';
import { PairList } from './PairList';
import styles from './GatePage.module.css';

type Report = Schemas['GateReport'];

function headline(report: Report): string {
  if (report.first_model) return 'The first model: there is nothing to compare it with yet.';
  const words: Record<Report['verdict'], string> = {
    pass: 'Better where it should be, and nowhere worse.',
    fail: 'Worse where it must not be.',
    inconclusive: 'Too few pictures to be sure.',
    hold: 'Something looks too good to be true.',
  };
  return words[report.verdict];
}

function Verdict({ report }: { report: Report }) {
  return (
    <div className={styles.verdict} data-verdict={report.verdict}>
      <Badge tone={verdictWords(report.verdict).tone}>{verdictWords(report.verdict).text}</Badge>
      <p className={styles.headline}>{headline(report)}</p>
      {report.reasons.length > 0 && (
        <ul className={styles.reasons}>
          {report.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function WholeReport({ report }: { report: Report }) {
  if (report.html === '') return null;
  const address = `/api/v1/gates/${report.id}/page`;
  return (
    <Section
      title="The report as one page"
      note={
        <a href={address} target="_blank" rel="noreferrer" className={buttonClass('bare')}>
          <ExternalLink aria-hidden="true" /> Open alone
        </a>
      }
    >
      <iframe src={address} title="Gate report" className={styles.page} sandbox="" loading="lazy" />
    </Section>
  );
}

function Body({ report }: { report: Report }) {
  const evaluations = useQuery(evaluationsQuery).data?.evaluations ?? [];
  const measured = (model: string | undefined) =>
    evaluations.find((e) => e.model === model && e.version === report.version && e.split === 'test');
  return (
    <>
      <div className={styles.top}>
        <Verdict report={report} />
        <DecisionPanel key={report.id} report={report} />
      </div>
      <Section
        title="Part by part"
        note={`${plural(report.samples, 'test picture')} in ${plural(report.scenes, 'scene')} of ${report.version}`}
      >
        <GateTable
          report={report}
          before={measured(report.champion?.id)}
          after={measured(report.challenger.id)}
        />
      </Section>
      <PairList
        title="Worst losses"
        note="Found before, not any more"
        pairs={report.regressions}
        report={report}
      />
      <PairList title="Best gains" note="Not found before, found now" pairs={report.fixes} report={report} />
      <WholeReport report={report} />
    </>
  );
}

export function GatePage() {
  const { gate } = useParams({ from: '/gates/$gate' });
  const query = useQuery(gateQuery(gate));
  const report = query.data;
  return (
    <Page
      title={
        report ? `${report.challenger.name} against ${report.champion?.name ?? 'nothing'}` : 'Gate report'
      }
      above={<Link to="/gates">Gate reports</Link>}
      lead={
        report && (
          <>
            New:{' '}
            <Link to="/models/$model" params={{ model: report.challenger.id }}>
              {report.challenger.name}
            </Link>
            {report.champion && (
              <>
                . At work:{' '}
                <Link to="/models/$model" params={{ model: report.champion.id }}>
                  {report.champion.name}
                </Link>
              </>
            )}
            . {moment(report.created_at)}, {grouped(report.samples)} pictures.
          </>
        )
      }
    >
      <Loaded query={query} lines={8}>
        {(data) => <Body report={data} />}
      </Loaded>
    </Page>
  );
}
