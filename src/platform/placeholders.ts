// Placeholders in the texts of service types and health checks: which there are, and that they are well formed.
import { z } from 'zod';

// What placeholders may begin with.
const ROOTS = ['options', 'instance', 'service', 'node', 'process', 'logLevel', 'artifact'];

/** Text with placeholders, each closed and beginning with what there is. */
export const template = () =>
  z.string().superRefine((text, context) => {
    for (const [whole, path = ''] of text.matchAll(/\$?\$\{([^{}]*)(?:\}|$)/g)) {
      if (whole.startsWith('$$')) continue;
      if (!whole.endsWith('}')) context.addIssue({ code: 'custom', message: `${whole} is not closed` });
      else if (!ROOTS.includes(path.split('.')[0] ?? '')) {
        context.addIssue({ code: 'custom', message: `${whole} is none of ${ROOTS.join(', ')}` });
      }
    }
  });

/** Whether it is to be filled in: until then nobody knows what it says. */
export const hasPlaceholder = (text: string): boolean => text.includes('${');
