/** Dataset versions: what the data was at each time, and what changed from one to the next. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { BookMarked } from 'lucide-react';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { versionDiffQuery, versionsQuery } from '../../api/queries';
import { ago, grouped } from '../../lib/format';
import { condition } from '../../lib/filter';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { Empty, Loaded, Skeleton } from '../../ui/States';
import styles from './VersionsPage.module.css';

type Version = Schemas['Version'];

const kNames = {
  added: 'added',
  removed: 'removed',
  relabelled: 'labelled anew',
  moved: 'moved to another split',
};

function countOf(listed: Record<string, unknown>): number {
  return typeof listed.count === 'number' ? listed.count : 0;
}

function Difference({ version }: { version: Version }) {
  const diff = useQuery(versionDiffQuery(version.parent, version.id)).data;
  if (!diff) return <Skeleton lines={1} />;
  const parts = (Object.keys(kNames) as (keyof typeof kNames)[])
    .map((key) => ({ key, count: countOf(diff[key]) }))
    .filter((part) => part.count > 0);
  const classes = Object.entries(diff.classes).filter(([, n]) => n !== 0);
  return (
    <div className={styles.diff}>
      <p>
        {parts.length === 0
          ? 'Nothing changed.'
          : parts.map((p) => `${grouped(p.count)} ${kNames[p.key]}`).join(', ')}
        {parts.length > 0 && ` since ${version.parent}.`}
      </p>
      {classes.length > 0 && (
        <p className={styles.classes}>
          {classes.map(([name, n]) => (
            <Badge key={name} tone={n > 0 ? 'good' : 'warn'}>
              {name} {n > 0 ? `+${grouped(n)}` : `−${grouped(-n)}`}
            </Badge>
          ))}
        </p>
      )}
    </div>
  );
}

function number(value: unknown): string {
  return typeof value === 'number' ? grouped(value) : '–';
}

function splits(version: Version): [string, unknown][] {
  const value = version.counts.splits;
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function Entry({ version }: { version: Version }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={styles.version} id={version.id}>
      <span className={styles.id}>{version.id}</span>
      <div className={styles.body}>
        <p className={styles.message}>{version.message}</p>
        <p className={styles.soft}>
          {version.author}, {ago(version.created_at)} ·{' '}
          <Link to="/samples" search={{ where: condition('version', 'text', version.id) }}>
            {number(version.counts.samples)} pictures
          </Link>
          , {number(version.counts.labels)} objects, {number(version.counts.scenes)} scenes
        </p>
        <p className={styles.splits}>
          {splits(version).map(([name, count]) => (
            <Badge key={name}>
              {name} {number(count)}
            </Badge>
          ))}
          <code title={version.content_hash}>{version.content_hash.slice(0, 12)}</code>
        </p>
        {open && <Difference version={version} />}
      </div>
      {version.parent !== '' && (
        <Button look="bare" onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? 'Hide changes' : 'What changed'}
        </Button>
      )}
    </li>
  );
}

export function VersionsPage() {
  const query = useQuery(versionsQuery);
  return (
    <Page
      title="Versions"
      lead="Each version of the data is kept as it was, for ever: models and figures name the one they stand on."
    >
      <Loaded query={query}>
        {({ versions }) =>
          versions.length === 0 ? (
            <Empty icon={BookMarked} title="No version yet" command="spotter version commit -m TEXT">
              A version freezes everything that is labelled, with its split.
            </Empty>
          ) : (
            <ol className={styles.list}>
              {versions.map((v) => (
                <Entry key={v.id} version={v} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Page>
  );
}
