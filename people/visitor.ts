import type { Role } from '../domain/roles';
import type { PersonRecord } from '../prisma/people';

/** Somebody who has signed in. */
export interface Visitor {
  readonly sessionId: string;
  readonly factor: string | null;
  readonly secondFactorAt: Date | null;
  readonly person: Pick<PersonRecord, 'id' | 'name' | 'email' | 'roles' | 'merchants' | 'sellers' | 'twoFactorEnabled'>;
  readonly roles: readonly Role[];
  /** The sellers that the person is, each as `merchant/seller`. */
  readonly sellers: readonly string[];
}
