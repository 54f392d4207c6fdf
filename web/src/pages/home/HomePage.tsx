/** "What needs me now?", the cycle at work, and the state of things in a few lines. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Images, RefreshCw } from 'lucide-react';
import { attentionQuery, cyclesQuery, projectQuery, scheduleQuery } from '../../api/queries';
import { ago, grouped, until } from '../../lib/format';
import { StateBadge } from '../../ui/Badge';
import { Card, Facts, Page, Section } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/States';
import { CycleActions, StartCycle } from '../cycles/CycleActions';
import { StepList } from '../cycles/StepList';
import { AttentionList } from './AttentionList';
import { WorkList } from './WorkList';
import styles from './HomePage.module.css';

function CurrentCycle() {
  const query = useQuery(cyclesQuery);
  return (
    <Loaded query={query} lines={8}>
      {({ cycles }) => {
        const real = cycles.filter((c) => !c.rehearsal);
        const cycle = real.at(-1);
        if (!cycle) {
          return (
            <Empty
              icon={RefreshCw}
              title="No cycle has run yet"
              command="spotter cycle run"
              action={<StartCycle look="primary" />}
            >
              A cycle takes new data in, finds what the model gets wrong, has it labelled, trains a better
              model and compares the two. One command starts it.
            </Empty>
          );
        }
        return (
          <Card>
            <div className={styles.cycleHead}>
              <Link to="/cycles/$cycle" params={{ cycle: cycle.id }}>
                Cycle {cycle.number}
              </Link>
              <StateBadge state={cycle.interrupted ? 'interrupted' : cycle.state} />
              <span className={styles.soft}>started {ago(cycle.created_at)}</span>
              <span className={styles.start}>
                <StartCycle />
              </span>
            </div>
            <CycleActions cycle={cycle} />
            <StepList cycle={cycle} />
          </Card>
        );
      }}
    </Loaded>
  );
}

function State() {
  const query = useQuery(projectQuery);
  const schedule = useQuery(scheduleQuery).data;
  const next = schedule?.schedules.find((s) => s.what === 'cycle')?.next;
  return (
    <Loaded query={query}>
      {(project) => (
        <Card>
          <Facts
            items={[
              {
                name: 'At work',
                value: project.deployed ? (
                  <>
                    <Link to="/models/$model" params={{ model: project.deployed.model }}>
                      {project.deployed.name}
                    </Link>
                    <small className={styles.soft}>since {ago(project.deployed.at)}</small>
                  </>
                ) : (
                  'No model yet'
                ),
              },
              {
                name: 'Pictures',
                value: (
                  <>
                    <Link to="/samples">{grouped(project.counts.samples)}</Link>
                    <small className={styles.soft}>{grouped(project.counts.labelled)} labelled</small>
                  </>
                ),
              },
              {
                name: 'Data version',
                value: project.version ? <Link to="/versions">{project.version.id}</Link> : 'None yet',
              },
              { name: 'Open failure modes', value: <Link to="/modes">{project.counts.open_modes}</Link> },
              { name: 'Next cycle', value: next ? until(next) : 'When you start it' },
            ]}
          />
        </Card>
      )}
    </Loaded>
  );
}

function FirstStep() {
  return (
    <Empty
      icon={Images}
      title="Bring in the first pictures"
      command="spotter import coco labels.json --images FOLDER"
    >
      Everything starts with pictures and their labels. Other formats: “spotter formats” lists them.
    </Empty>
  );
}

function Waiting() {
  const attention = useQuery(attentionQuery);
  return (
    <Section title="What needs you">
      <Loaded query={attention} lines={2}>
        {({ items }) => <AttentionList items={items} />}
      </Loaded>
    </Section>
  );
}

export function HomePage() {
  const project = useQuery(projectQuery).data;
  const empty = project?.counts.samples === 0;
  return (
    <Page
      title="Now"
      lead={project ? `What needs you in ${project.name}, and how the loop turns.` : undefined}
    >
      <div className={styles.columns}>
        <div>
          {empty ? <FirstStep /> : <Waiting />}
          {!empty && (
            <Section title="The loop">
              <CurrentCycle />
            </Section>
          )}
        </div>
        <aside>
          <Section title="State">
            <State />
          </Section>
          <WorkList />
        </aside>
      </div>
    </Page>
  );
}
