/** How good a model is on each part of the data; each figure leads to the pictures behind it. */
import type { Evaluation } from '../../api/queries';
import { grouped, score } from '../../lib/format';
import { metricWords } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Interval } from '../../ui/Interval';
import { type Column, Table } from '../../ui/Table';
import { Term } from '../../ui/Tip';
import { SliceLink, useSliceName } from '../slices';

type Slice = Evaluation['slices'][number];

function columns(evaluation: Evaluation, sliceName: (name: string) => string): Column<Slice>[] {
  return [
    {
      key: 'name',
      title: 'Part of the data',
      grow: true,
      cell: (s) => (
        <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}>
          <strong style={{ fontWeight: 500 }}>{sliceName(s.name)}</strong>
          {s.class !== '' && <Badge>{s.class}</Badge>}
        </span>
      ),
    },
    {
      key: 'samples',
      title: 'Pictures',
      number: true,
      cell: (s) => (
        <SliceLink slice={s} evaluation={evaluation}>
          {grouped(s.samples)}
        </SliceLink>
      ),
    },
    { key: 'truths', title: 'Objects', number: true, cell: (s) => grouped(s.truths) },
    {
      key: 'score',
      title: (
        <Term text={metricWords(evaluation.metric).meaning}>{metricWords(evaluation.metric).title}</Term>
      ),
      number: true,
      cell: (s) => (
        <SliceLink slice={s} evaluation={evaluation}>
          {score(s.value)}
        </SliceLink>
      ),
    },
    {
      key: 'interval',
      title: (
        <Term text="Were it measured again on as many other scenes, the score would lie in this band 95 times of 100.">
          How sure
        </Term>
      ),
      cell: (s) =>
        s.value < 0 ? (
          'too few objects'
        ) : (
          <Interval
            value={s.value}
            low={s.low}
            high={s.high}
            from={0}
            to={Math.max(1, s.high)}
            label={`${score(s.value)}, between ${score(s.low)} and ${score(s.high)}`}
          />
        ),
    },
  ];
}

export function SliceTable({ evaluation }: { evaluation: Evaluation }) {
  return (
    <Table
      caption="Score by part of the data"
      columns={columns(evaluation, useSliceName())}
      rows={evaluation.slices}
      rowKey={(s) => s.name}
    />
  );
}
