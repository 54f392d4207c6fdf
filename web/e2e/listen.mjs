/** Collects whatever a page complains about. */
export function listen(page, faults) {
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.setDefaultTimeout(20_000);
}
