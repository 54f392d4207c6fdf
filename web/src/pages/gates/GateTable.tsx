/** Slice by slice: before, after, the change with how sure it is, and what the rule says. */
import type { Schemas } from '../../api/client';
import type { Evaluation } from '../../api/queries';
import { change, grouped, score } from '../../lib/format';
import { verdictWords } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Interval } from '../../ui/Interval';
import { type Column, Table } from '../../ui/Table';
import { Term, Tip } from '../../ui/Tip';
import { SliceLink, sliceName } from '../slices';
import styles from './GateTable.module.css';

type Report = Schemas['GateReport'];
type Slice = Schemas['GateSlice'];

interface Measured {
  before: Evaluation | undefined;
  after: Evaluation | undefined;
}

/** The scale that holds every interval of the table, the same on both sides of zero. */
function reach(slices: readonly Slice[]): number {
  const ends = slices.flatMap((s) => [Math.abs(s.low ?? 0), Math.abs(s.high ?? 0)]);
  return Math.max(0.05, ...ends) * 1.05;
}

function Change({ slice, scale }: { slice: Slice; scale: number }) {
  if (slice.delta === undefined || slice.low === undefined || slice.high === undefined) return <>–</>;
  return (
    <span className={styles.change}>
      <b>{change(slice.delta)}</b>
      <Interval
        value={slice.delta}
        low={slice.low}
        high={slice.high}
        from={-scale}
        to={scale}
        zero={0}
        label={`${change(slice.delta)}, between ${change(slice.low)} and ${change(slice.high)}`}
      />
    </span>
  );
}

function Judged({ slice }: { slice: Slice }) {
  const words = verdictWords(slice.verdict);
  const watched = slice.blocking || slice.must === 'win';
  return (
    <Tip text={slice.reason}>
      <span tabIndex={0} className={styles.judged}>
        <Badge tone={watched ? words.tone : 'neutral'}>{watched ? words.text : 'Only shown'}</Badge>
      </span>
    </Tip>
  );
}

function columns(report: Report, measured: Measured, scale: number): Column<Slice>[] {
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
          <strong>{sliceName(s.name)}</strong>
          <small>
            {grouped(s.truths)} objects{s.class === '' ? '' : `, ${s.class}`}
          </small>
        </span>
      ),
    },
    ...(report.first_model ? [] : [figure('before', 'Before', measured.before)]),
    ...arms,
    figure('after', 'After', measured.after),
    ...(report.first_model
      ? []
      : [{ key: 'change', title: 'Change', cell: (s: Slice) => <Change slice={s} scale={scale} /> }]),
    { key: 'verdict', title: 'Verdict', cell: (s) => <Judged slice={s} /> },
  ];
}

export function GateTable({ report, ...measured }: { report: Report } & Measured) {
  return (
    <Table
      caption="Comparison by part of the data"
      columns={columns(report, measured, reach(report.slices))}
      rows={report.slices}
      rowKey={(s) => s.name}
    />
  );
}
