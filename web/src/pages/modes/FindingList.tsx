/** Findings as pictures; a person says with one key what each is. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { type Verdict, giveVerdict } from '../../api/actions';
import { useCards } from '../../api/cards';
import type { Schemas } from '../../api/client';
import { type Sample, thumbnailUrl } from '../../api/samples';
import { useShortcuts } from '../../commands/shortcuts';
import { Picture } from '../../draw/Picture';
import { tileShape, toBox } from '../../lib/geometry';
import { plural } from '../../lib/format';
import { checkWords, errorWords, findingVerdictWords } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Section } from '../../ui/Page';
import { Empty, Failure } from '../../ui/States';
import { toast } from '../../ui/Toast';
import styles from './FindingList.module.css';

type Finding = Schemas['Finding'];

const kVerdicts: Verdict[] = ['model_error', 'label_error', 'ambiguous', 'ignore'];
const kPage = 24;

function useVerdict() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ finding, verdict }: { finding: string; verdict: Verdict }) =>
      giveVerdict(finding, verdict),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['findings'] }),
    onError: (error) => {
      toast(error.message, { bad: true });
    },
  });
}

interface CardProps {
  at: number;
  finding: Finding;
  sample: Sample | undefined;
  chosen: boolean;
  onChoose: () => void;
}

function FindingCard({ at, finding, sample, chosen, onChoose }: CardProps) {
  const mark = finding.box
    ? [{ box: toBox(finding.box), kind: 'finding' as const, text: errorWords(finding.error) }]
    : [];
  return (
    <li
      className={clsx(styles.card, chosen && styles.chosen)}
      onClick={onChoose}
      aria-current={chosen}
      data-finding={at}
    >
      <div className={styles.picture} style={{ aspectRatio: tileShape(sample) }}>
        {sample && (
          <Picture
            src={thumbnailUrl(sample, 320)}
            size={sample}
            marks={mark}
            alt={finding.sample}
            track={sample.track}
            width={2}
          />
        )}
      </div>
      <p className={styles.line}>
        <span>
          {errorWords(finding.error)}
          {finding.class !== '' && ` · ${finding.class}`}
        </span>
        <Link to="/samples/$sample" params={{ sample: finding.sample }}>
          open
        </Link>
      </p>
      <p className={styles.foot}>
        {finding.verdict === null ? checkWords(finding.check) : findingVerdictWords(finding.verdict)}
      </p>
    </li>
  );
}

export function FindingList({ findings, total }: { findings: Finding[]; total: number }) {
  const [at, setAt] = useState(0);
  const [count, setCount] = useState(kPage);
  const shown = findings.slice(0, count);
  const cards = useCards(shown.map((f) => f.sample));
  const verdict = useVerdict();
  const chosen = Math.min(at, shown.length - 1);
  const look = (next: number) => {
    const inside = Math.min(shown.length - 1, Math.max(0, next));
    setAt(inside);
    document.querySelector(`[data-finding="${inside}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const judge = (word: Verdict) => () => {
    const finding = shown[chosen];
    if (!finding) return;
    verdict.mutate({ finding: finding.id, verdict: word });
    look(chosen + 1);
  };
  const move = (by: number) => () => look(chosen + by);
  useShortcuts([
    ...kVerdicts.map((v, i) => ({ keys: String(i + 1), title: findingVerdictWords(v), run: judge(v) })),
    { keys: 'ArrowRight', title: 'Next finding', run: move(1) },
    { keys: 'ArrowLeft', title: 'Finding before', run: move(-1) },
    {
      keys: 'Enter',
      title: 'Open the picture',
      run: () => document.querySelector<HTMLAnchorElement>(`[data-finding="${chosen}"] a`)?.click(),
    },
  ]);
  if (findings.length === 0) {
    return <Empty icon={CircleCheck} title="Nothing of this kind stands now" />;
  }
  return (
    <Section title="What was found" note={`${plural(total, 'finding')}, most suspicious first`}>
      <div className={styles.verdicts}>
        {kVerdicts.map((v, i) => (
          <Button key={v} onClick={judge(v)} keys={String(i + 1)}>
            {findingVerdictWords(v)}
          </Button>
        ))}
      </div>
      {cards.error && <Failure error={cards.error} retry={cards.retry} />}
      <ul className={styles.grid}>
        {shown.map((finding, i) => (
          <FindingCard
            key={finding.id}
            at={i}
            finding={finding}
            sample={cards.get(finding.sample)}
            chosen={i === chosen}
            onChoose={() => setAt(i)}
          />
        ))}
      </ul>
      {findings.length > count && (
        <div className={styles.more}>
          <Button onClick={() => setCount(count + kPage)}>Show more</Button>
        </div>
      )}
    </Section>
  );
}
