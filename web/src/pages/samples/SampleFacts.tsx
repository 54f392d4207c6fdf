/** What is known about a picture: boxes, metadata, what checks found, what people flagged. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { sampleFindingsQuery } from '../../api/queries';
import type { SampleDetail } from '../../api/samples';
import { markColour } from '../../draw/drawMarks';
import { type Mark, kMarkWords } from '../../draw/marks';
import { type Track, offAtEnd } from '../../draw/track';
import { ago, attribute, moment, percent } from '../../lib/format';
import { taskWords, useTask } from '../../draw/task';
import { attributeName, condition } from '../../lib/filter';
import { errorWords } from '../../lib/words';
import { ClassPanel } from './ClassPanel';
import styles from './SampleFacts.module.css';

interface MarksProps {
  marks: readonly Mark[];
  chosen: number;
  onChoose: (mark: number) => void;
}

function Marks({ marks, chosen, onChoose }: MarksProps) {
  if (marks.length === 0) return <p className={styles.none}>No boxes.</p>;
  return (
    <ul className={styles.marks} onMouseLeave={() => onChoose(-1)}>
      {marks.map((mark, i) => (
        <li key={i} className={clsx(i === chosen && styles.chosen)} onMouseEnter={() => onChoose(i)}>
          <i style={{ background: markColour(mark.kind) }} aria-hidden="true" />
          <span>{mark.text}</span>
          <em>{kMarkWords[mark.kind]}</em>
        </li>
      ))}
    </ul>
  );
}

function kindOf(value: unknown): 'text' | 'number' | 'truth' | null {
  const kinds = { string: 'text', number: 'number', boolean: 'truth' } as const;
  return (typeof value) in kinds ? kinds[typeof value as keyof typeof kinds] : null;
}

function Attributes({ sample }: { sample: SampleDetail }) {
  const rows = Object.entries(sample.attributes);
  return (
    <dl className={styles.facts}>
      {!sample.track && (
        <>
          <dt>Size</dt>
          <dd>
            {sample.width} × {sample.height}
          </dd>
        </>
      )}
      {sample.captured_at !== null && (
        <>
          <dt>Taken</dt>
          <dd>{moment(sample.captured_at)}</dd>
        </>
      )}
      {sample.source !== '' && (
        <>
          <dt>From</dt>
          <dd>{sample.source}</dd>
        </>
      )}
      {sample.sequence !== '' && (
        <>
          <dt>Recording</dt>
          <dd>
            <Link to="/samples" search={{ where: condition('sequence', 'text', sample.sequence) }}>
              {sample.sequence}
            </Link>
            , frame {sample.frame}
          </dd>
        </>
      )}
      {rows.map(([name, value]) => {
        const kind = kindOf(value);
        const said = attributeName(name);
        return (
          <div key={name} className={styles.pair}>
            <dt>{name}</dt>
            <dd>
              {kind !== null && said !== null ? (
                <Link to="/samples" search={{ where: condition(said, kind, String(value)) }}>
                  {attribute(value)}
                </Link>
              ) : (
                attribute(value)
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Found({ sample }: { sample: string }) {
  const findings = useQuery(sampleFindingsQuery(sample)).data?.findings ?? [];
  if (findings.length === 0) return null;
  return (
    <section>
      <h2>Found by checks</h2>
      <ul className={styles.found}>
        {findings.map((f) => (
          <li key={f.id}>
            {errorWords(f.error)}
            {f.class !== '' && ` · ${f.class}`}
            <em>{f.check.replaceAll('_', ' ')}</em>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The ways on that the model said, and how far off the most probable one was. */
function Ways({ track }: { track: Track }) {
  const off = offAtEnd(track);
  const seconds = (steps: number) => (steps * track.dt).toFixed(1);
  return (
    <section>
      <h2>Where it goes</h2>
      <dl className={styles.facts}>
        <dt>Seen</dt>
        <dd>{seconds(track.observed.length)} s</dd>
        <dt>Went on</dt>
        <dd>{track.future.length > 0 ? `${seconds(track.future.length)} s` : 'not known yet'}</dd>
        {track.modes.map((mode, i) => (
          <div key={i} className={styles.pair}>
            <dt>{i === 0 ? 'Foreseen first' : 'Or else'}</dt>
            <dd>{percent(mode.probability)}</dd>
          </div>
        ))}
        {off !== undefined && (
          <>
            <dt>Off at the end</dt>
            <dd>{off.toFixed(2)} m</dd>
          </>
        )}
      </dl>
      {track.modes.length === 0 && <p className={styles.none}>No model at work has looked at it.</p>}
    </section>
  );
}

export function SampleFacts({ sample, ...marks }: MarksProps & { sample: SampleDetail }) {
  const task = useTask();
  const words = taskWords(task);
  return (
    <aside className={styles.side}>
      {sample.track ? (
        <Ways track={sample.track} />
      ) : task === 'classification' ? (
        <ClassPanel sample={sample} />
      ) : (
        <section>
          <h2>Boxes</h2>
          <Marks {...marks} />
        </section>
      )}
      <Found sample={sample.key} />
      {sample.flags.length > 0 && (
        <section>
          <h2>Flags</h2>
          <ul className={styles.found}>
            {sample.flags.map((f) => (
              <li key={f.id}>
                {f.reason}
                <em>
                  {f.author}, {ago(f.created_at)}
                </em>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>About this {words.sample}</h2>
        <Attributes sample={sample} />
      </section>
    </aside>
  );
}
