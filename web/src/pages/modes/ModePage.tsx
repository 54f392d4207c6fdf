/** One failure mode: what it is, what happened to it, and its findings to judge one by one. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { setMode } from '../../api/actions';
import type { Schemas } from '../../api/client';
import { modeFindingsQuery, modeQuery, useModelNames } from '../../api/queries';
import { grouped, moment, percent, sentence } from '../../lib/format';
import { isEverything } from '../../lib/filter';
import { errorWords, stateWords } from '../../lib/words';
import { StateBadge } from '../../ui/Badge';
import { Button, buttonClass } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Card, Facts, Page, Section } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { toast } from '../../ui/Toast';
import { FindingList } from './FindingList';
import { LifeLine } from './LifeLine';
import { MergeWindow, ModeFields, SplitWindow } from './ModeEdits';
import styles from './ModePage.module.css';

type Mode = Schemas['FailureModeDetail'];

const kStates: Mode['state'][] = [
  'open',
  'collecting',
  'labelling',
  'training',
  'fixed',
  'regressed',
  'ignored',
];

function StateChoice({ mode }: { mode: Mode }) {
  const queries = useQueryClient();
  const change = (state: string) => {
    setMode(mode.id, { state }).then(
      () => {
        void queries.invalidateQueries({ queryKey: ['modes'] });
        toast(`Now: ${stateWords(state).text.toLowerCase()}`);
      },
      (error: unknown) => {
        toast(error instanceof Error ? error.message : String(error), { bad: true });
      },
    );
  };
  return (
    <Choice
      label="State"
      value={mode.state}
      options={kStates.map((s) => ({ value: s, label: stateWords(s).text }))}
      onChange={change}
    />
  );
}

function About({ mode }: { mode: Mode }) {
  const nameOf = useModelNames();
  return (
    <Card>
      <Facts
        items={[
          { name: 'Kind', value: errorWords(mode.error) },
          ...(mode.class === '' ? [] : [{ name: 'Of', value: mode.class }]),
          {
            name: 'Where',
            value: isEverything(mode.slice) ? (
              'everywhere'
            ) : (
              <Link to="/samples" search={{ where: mode.slice }}>
                <code>{mode.slice}</code>
              </Link>
            ),
          },
          { name: 'How often', value: percent(mode.frequency, 1) },
          { name: 'Pictures', value: grouped(mode.samples) },
          { name: 'First seen with', value: nameOf(mode.first_model) || '–' },
          { name: 'Last seen with', value: nameOf(mode.last_model) || '–' },
        ]}
      />
    </Card>
  );
}

function History({ mode }: { mode: Mode }) {
  return (
    <ul className={styles.history}>
      {mode.history.toReversed().map((h) => (
        <li key={`${h.at}/${h.state}/${h.note}`}>
          <StateBadge state={h.state} />
          <time>{moment(h.at)}</time>
          {h.note !== '' && (
            <p>
              {h.note}
              {h.author !== '' && ` (${h.author})`}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function Actions({ mode }: { mode: Mode }) {
  const [window, setWindow] = useState<'split' | 'merge' | ''>('');
  const close = () => setWindow('');
  return (
    <>
      <Link to="/queue" search={{ mode: mode.id }} className={buttonClass()}>
        Queue
      </Link>
      <Button onClick={() => setWindow('split')}>Split</Button>
      <Button onClick={() => setWindow('merge')}>Merge</Button>
      <StateChoice mode={mode} />
      <SplitWindow mode={mode} open={window === 'split'} onClose={close} />
      <MergeWindow mode={mode} open={window === 'merge'} onClose={close} />
    </>
  );
}

export function ModePage() {
  const { mode: id } = useParams({ from: '/modes/$mode' });
  const query = useQuery(modeQuery(id));
  const findings = useQuery(modeFindingsQuery(id));
  const mode = query.data;
  return (
    <Page
      title={mode ? sentence(mode.title) : 'Failure mode'}
      above={
        <>
          <Link to="/modes">Failure modes</Link>
          {mode && <StateBadge state={mode.state} />}
        </>
      }
      actions={mode && <Actions mode={mode} />}
    >
      <Loaded query={query}>
        {(data) => (
          <div className={styles.columns}>
            <div>
              <Section title="Over the models" note="The share that each fails on, in the test pictures">
                <LifeLine mode={data} />
              </Section>
              <Loaded query={findings} lines={6}>
                {(found) => <FindingList findings={found.findings} total={found.total} />}
              </Loaded>
            </div>
            <aside>
              <Section title="About">
                <About mode={data} />
              </Section>
              <Section title="People">
                <ModeFields mode={data} />
              </Section>
              <Section title="History">
                <History mode={data} />
              </Section>
            </aside>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
