/** Pages for addresses that lead nowhere and for faults of the pages themselves. */
import { Compass } from 'lucide-react';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { Page } from '../ui/Page';
import { Empty, Failure } from '../ui/States';

export function NotFoundPage() {
  return (
    <Page title="Nothing here">
      <Empty icon={Compass} title="There is no page at this address">
        <Link to="/">Back to what needs you now</Link>
      </Empty>
    </Page>
  );
}

export function BrokenPage({ error, reset }: ErrorComponentProps) {
  const fault = error instanceof Error ? error : new Error(String(error));
  return (
    <Page title="A fault of ours">
      <Failure error={fault} retry={reset} />
    </Page>
  );
}
