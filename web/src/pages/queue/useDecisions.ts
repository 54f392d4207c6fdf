/** Decisions of this sitting: sent at once, shown before the server has answered, taken back one by one. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { type Verdict, judge, undoDecision } from '../../api/actions';
import { toast } from '../../ui/Toast';
import type { Item } from './items';

/** Longer than this nobody looked: the person went away. */
const kLookedMax = 120;

interface Wish {
  item: Item;
  verdict: Verdict;
  accept: boolean;
  seconds: number;
}

export interface Decided {
  item: string;
  verdict: Verdict;
  accept: boolean;
}

export function useDecisions() {
  const [decided, setDecided] = useState<Decided[]>([]);
  const [seconds, setSeconds] = useState(0);
  // What the server calls each decision, as soon as it has answered.
  const names = useRef(new Map<string, Promise<string>>());
  const queries = useQueryClient();
  const forget = (item: string) => setDecided((list) => list.filter((d) => d.item !== item));
  const failed = (error: Error) => toast(error.message, { bad: true });
  const changed = () => void queries.invalidateQueries({ queryKey: ['channels'] });
  const send = useMutation({
    mutationFn: ({ item, verdict, accept, seconds: looked }: Wish) => {
      const answer = judge({ findings: item.findings, verdict, accept, seconds: looked });
      names.current.set(
        item.id,
        answer.then((a) => a.decision),
      );
      return answer;
    },
    onMutate: ({ item, verdict, accept }) =>
      setDecided((list) => [...list, { item: item.id, verdict, accept }]),
    onSuccess: changed,
    onError: (error, { item }) => {
      forget(item.id);
      failed(error);
    },
  });
  const back = useMutation({
    mutationFn: async (item: string) => undoDecision((await names.current.get(item)) ?? ''),
    onSuccess: (_, item) => {
      forget(item);
      toast('Taken back.');
      changed();
    },
    onError: failed,
  });
  return {
    decided,
    seconds,
    of: (item: string) => decided.find((d) => d.item === item),
    decide: (item: Item, verdict: Verdict, accept: boolean, since: number) => {
      const looked = Math.min(kLookedMax, (Date.now() - since) / 1000);
      setSeconds((sum) => sum + looked);
      send.mutate({ item, verdict, accept, seconds: looked });
    },
    undo: (item: string) => {
      if (!back.isPending) back.mutate(item);
    },
  };
}
