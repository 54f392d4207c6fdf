/** Slice by slice: before, after, the change with how sure it is, and what the rule says. */
import type { Schemas } from '../../api/client';
import type { Evaluation } from '../../api/queries';
import { change, changes, grouped, inPoints, plural, score, sentence } from '../../lib/format';
import { verdictWords } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Interval } from '../../ui/Interval';
import { type Column, Table } from '../../ui/Table';
import { Term, Tip } from '../../ui/Tip';
import { SliceLink, useSliceName } from '../slices';
import styles from './GateTable.module.css';

type Report = Schemas['GateReport'];
type Slice = Schemas['GateSlice'];

interface Measured {
  before: Evaluation | undefined;
  after: Evaluation | undefined;
}

/** The scale that holds every interval of the table, the same on both sides of zero. */
function reach(report: Report): number {
  const ends = report.slices.flatMap((s) => [Math.abs(s.low ?? 0), Math.abs(s.high ?? 0)]);
  return Math.max(0.05, report.margin, ...ends) * 1.05;
}

/** Whom the gain is due to: the new data only where the new model beats the control beyond chance. */
function credit(slice: Slice): string {
  if (slice.credited === undefined || slice.delta === undefined || slice.delta <= 0) return '';
  return slice.credited ? 'due to the new data' : 'perhaps only due to more training';
}

function Change({ slice, scale, margin }: { slice: Slice; scale: number; margin: number }) {
  if (slice.delta === undefined || slice.low === undefined || slice.high === undefined) return <>–</>;
  const range = changes(slice.low, slice.high);
  const due = credit(slice);
  return (
    <span className={styles.change}>
      <b>{change(slice.delta)}</b>
      <span>
        <Interval
          value={slice.delta}
          low={slice.low}
          high={slice.high}
          from={-scale}
          to={scale}
          zero={0}
          allowed={[-margin, 0]}
          label={`${change(slice.delta)}, between ${range}`}
        />
        <small>
          <i>{range}</i>
          {due !== '' && ` ${due}`}
        </small>
      </span>
    </span>
  );
}

const kMust: Record<string, string> = { win: 'must win', not_lose: 'must not lose', report: 'only shown' };

function Judged({ slice }: { slice: Slice }) {
  const words = verdictWords(slice.verdict);
  const watched = slice.blocking || slice.must === 'win';
  return (
    <Tip text={sentence(inPoints(slice.reason))}>
      <span tabIndex={0} className={styles.judged}>
        <Badge tone={watched ? words.tone : 'neutral'}>{watched ? words.text : 'Only shown'}</Badge>
        <small>{kMust[slice.must] ?? slice.must}</small>
      </span>
    </Tip>
  );
}

const kOrder: Record<string, number> = { fail: 0, hold: 1, inconclusive: 2, pass: 3 };

/** Everything first, then what stands against the new model. */
function inOrder(slices: readonly Slice[]): Slice[] {
  const rank = (s: Slice) => (s.name === 'all' ? -1 : (kOrder[s.verdict] ?? 3));
  return slices.toSorted((a, b) => rank(a) - rank(b) || b.weight - a.weight);
}

function columns(
  report: Report,
  measured: Measured,
  scale: number,
  sliceName: (name: string) => string,
): Column<Slice>[] {
  const figure = (
    key: 'before' | 'after',
    title: string,
    evaluation: Evaluation | undefined,
  ): Column<Slice> => ({
    key,
    title,
    number: true,
    cell: (s) => (
      <SliceLink slice={s} evaluation={evaluation}>
        {score(s[key])}
      </SliceLink>
    ),
  });
  const arms: Column<Slice>[] = [];
  if (report.control) {
    arms.push({
      key: 'control',
      title: (
        <Term text="The old data, trained just as much longer. What the new model gains beyond it is due to the new data.">
          Control
        </Term>
      ),
      number: true,
      quiet: true,
      cell: (s) => score(s.control),
    });
  }
  if (report.random) {
    arms.push({
      key: 'random',
      title: <Term text="As many pictures, picked at random instead of by a campaign.">Random</Term>,
      number: true,
      quiet: true,
      cell: (s) => score(s.random),
    });
  }
  return [
    {
      key: 'name',
      title: 'Part of the data',
      cell: (s) => (
        <span className={styles.name}>
          <strong title={s.where === 'true' ? undefined : s.where}>{sliceName(s.name)}</strong>
          <small>
            {grouped(s.truths)} {s.class === '' ? 'objects' : `of ${s.class}`}, {plural(s.scenes, 'scene')}
          </small>
        </span>
      ),
    },
    ...(report.first_model ? [] : [figure('before', 'Before', measured.before)]),
    ...arms,
    figure('after', 'After', measured.after),
    ...(report.first_model
      ? []
      : [
          {
            key: 'change',
            title: (
              <Term text="The band holds the true change in 95 of 100 cases. Shaded: a loss so small that it is allowed.">
                Change
              </Term>
            ),
            cell: (s: Slice) => <Change slice={s} scale={scale} margin={report.margin} />,
          },
        ]),
    { key: 'verdict', title: 'Verdict', cell: (s) => <Judged slice={s} /> },
  ];
}

export function GateTable({ report, ...measured }: { report: Report } & Measured) {
  return (
    <Table
      caption="Comparison by part of the data"
      columns={columns(report, measured, reach(report), useSliceName())}
      rows={inOrder(report.slices)}
      rowKey={(s) => s.name}
    />
  );
}
