/** The program as a server on a free port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export async function serve(program, project) {
  const server = spawn(program, ['serve', '--project', project, '--bind', '127.0.0.1:0', '--no-schedule'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise((resolve, reject) => {
    server.stdout.on('data', (data) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(String(data));
      if (found) resolve(found[0]);
    });
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    address,
    stop: async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
    },
  };
}
